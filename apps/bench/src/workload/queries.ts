import { SeededRandom } from "@palimpsest/core/faults";

/** One question of one tenant's user. */
export interface Query {
  readonly tenant: string;
  readonly question: string;
  /** Asked by `streamText`, else by `generateText`. */
  readonly isStream: boolean;
}

export interface WorkloadShape {
  readonly queries: number;
  /** Share of queries that were asked before by the same tenant. */
  readonly repetition: number;
  readonly tenants: number;
  readonly seed: number;
}

const subjects = [
  "the refund policy",
  "invoice rules",
  "the release plan",
  "parental leave",
  "audit logs",
];
const tasks = ["summarise", "translate", "explain to a newcomer", "list the risks of", "shorten"];

/**
 * Every different query once, and for the rest one of them by Zipf's law, in random order. Two tenants ask
 * the same questions in the same words, and must not get each other's answers.
 */
export function workload({ queries, repetition, tenants, seed }: WorkloadShape): Query[] {
  const random = new SeededRandom(seed);
  const different = Math.round(queries * (1 - repetition));
  const pool = Array.from({ length: different }, (_, i) => queryOf(i, tenants));
  const weights = pool.map((_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const repeated = Array.from({ length: queries - different }, () => {
    let left = random.next() * total;
    const rank = weights.findIndex((weight) => (left -= weight) < 0);
    return pool.at(rank) as Query;
  });
  return shuffled([...pool, ...repeated], random);
}

function queryOf(i: number, tenants: number): Query {
  const n = Math.floor(i / tenants);
  const subject = subjects[n % subjects.length] ?? "";
  const task = tasks[Math.floor(n / subjects.length) % tasks.length] ?? "";
  return {
    tenant: `tenant-${i % tenants}`,
    question: `Please ${task} ${subject}, section ${n}.`,
    isStream: n % 3 === 0,
  };
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.between(0, i);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
