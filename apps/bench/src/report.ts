import { cpus, totalmem } from "node:os";

export interface Goal {
  readonly id: string;
  readonly value: number;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly holds: boolean;
}

export interface BenchReport {
  readonly name: string;
  readonly goals: readonly Goal[];
  /** Figures of the peers and of ours beside them, from the same run. */
  readonly peers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly machine: Readonly<Record<string, string | number>>;
  /** What a reader must know to judge the figures. */
  readonly notes?: readonly string[];
}

export type Bound = { readonly atMost: number } | { readonly atLeast: number };

export function goal(id: string, value: number, bound: Bound): Goal {
  const rounded = Number(value.toPrecision(4));
  const holds = "atMost" in bound ? rounded <= bound.atMost : rounded >= bound.atLeast;
  return { id, value: rounded, ...bound, holds };
}

export function machine(): BenchReport["machine"] {
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Milliseconds that the operation takes. */
export async function time(operation: () => unknown): Promise<number> {
  const start = performance.now();
  await operation();
  return performance.now() - start;
}

/**
 * Times several operations in turn, round by round, so that a slow moment of the machine falls on all of
 * them alike. @returns the milliseconds of each round, per operation
 */
export async function interleave<Name extends string>(
  rounds: number,
  operations: Readonly<Record<Name, (round: number) => unknown>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(operations) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  for (let round = 0; round < rounds; round++) {
    // Every other round runs backwards: whoever comes second finds warmer caches.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      times[name].push(await time(() => operations[name](round)));
    }
  }
  return times;
}
