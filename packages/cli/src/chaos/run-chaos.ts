import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { throwIfAborted } from "@palimpsest/core";
import { type AblationName, ablations } from "./ablations.ts";
import type { ProblemKind } from "./history.ts";
import { runKilled } from "./killed.ts";
import type { Outcome } from "./outcome.ts";
import { simulate } from "./simulate.ts";

export interface ChaosOptions {
  /** Schedules in all; each takes the next seed. */
  readonly schedules: number;
  readonly seed: number;
  /** The first schedules run in processes that are killed. */
  readonly kills: number;
  /** Whether to prove that the schedules notice a missing guard. */
  readonly ablations: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (label: string, done: number, total: number) => void;
}

interface ChaosFailure {
  readonly seed: number;
  readonly pair: string;
  readonly problems: readonly string[];
  /** Repeats this one schedule. */
  readonly replay: string;
  /** Empty for a killed process. */
  readonly steps: readonly string[];
  readonly faults: readonly string[];
}

/** Counts of problems by kind, except where named otherwise. */
export interface ChaosReport extends Readonly<Record<ProblemKind, number>> {
  readonly schedules: number;
  /** Processes ended by SIGKILL. */
  readonly kills: number;
  readonly seed: number;
  /** Simulated deaths of a process. */
  readonly crashes: number;
  readonly faults: number;
  readonly acknowledged: number;
  /** Writes without an answer, which may have happened or not. */
  readonly unacknowledged: number;
  readonly ablationsCaught: number;
  /** Schedules until each one was noticed; null for never. */
  readonly ablations: Readonly<Partial<Record<AblationName, number | null>>>;
  readonly holds: boolean;
  /** The first ten. */
  readonly failures: readonly ChaosFailure[];
}

const parallelKills = 2;
const listed = 10;

/** Runs every schedule, then the same seeds against stores with a guard taken out. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const folder = await mkdtemp(join(tmpdir(), "palimpsest-chaos-"));
  try {
    const tally = new Tally();
    await killAll(options, folder, tally);
    await simulateAll(options, folder, tally);
    const caught = options.ablations ? await ablateAll(options, folder) : {};
    return tally.report(options, caught);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function killAll(options: ChaosOptions, folder: string, tally: Tally): Promise<void> {
  const { kills, seed, signal, onProgress } = options;
  let next = 0;
  const work = async (): Promise<void> => {
    try {
      while (next < kills) {
        tally.add(await runKilled(seed + next++, folder, signal));
        onProgress("kills", tally.schedules, kills);
      }
    } finally {
      next = kills;
    }
  };
  const working = Array.from({ length: parallelKills }, work);
  // Every child is dead before its folder goes, also when one of them failed.
  await Promise.allSettled(working);
  await Promise.all(working);
}

async function simulateAll(options: ChaosOptions, folder: string, tally: Tally): Promise<void> {
  const { kills, schedules, signal, onProgress } = options;
  for (let i = kills; i < schedules; i++) {
    throwIfAborted(signal);
    tally.add(await simulate({ seed: options.seed + i, folder }));
    onProgress("schedules", i + 1, schedules);
  }
}

type Caught = Partial<Record<AblationName, number | null>>;

async function ablateAll(options: ChaosOptions, folder: string): Promise<Caught> {
  const caught: Caught = {};
  const names = Object.keys(ablations) as AblationName[];
  for (const [i, name] of names.entries()) {
    caught[name] = await schedulesUntilCaught(name, options, folder);
    options.onProgress("ablations", i + 1, names.length);
  }
  return caught;
}

async function schedulesUntilCaught(
  name: AblationName,
  { seed, schedules, signal }: ChaosOptions,
  folder: string,
): Promise<number | null> {
  for (let i = 0; i < schedules; i++) {
    throwIfAborted(signal);
    const outcome = { seed: seed + i, folder, pair: "memory", ablation: ablations[name] } as const;
    if ((await simulate(outcome)).problems.length > 0) return i + 1;
  }
  return null;
}

class Tally {
  schedules: number = 0;
  readonly #outcomes = { kills: 0, crashes: 0, faults: 0, acknowledged: 0, unacknowledged: 0 };
  readonly #problems: Record<ProblemKind, number> = {
    lost: 0,
    duplicated: 0,
    resurrected: 0,
    ghosts: 0,
    torn: 0,
    revisionsBack: 0,
    unconverged: 0,
    divergedAfterRepair: 0,
    unexpected: 0,
  };
  readonly #failures: ChaosFailure[] = [];

  add(outcome: Outcome): void {
    this.schedules++;
    const counts = this.#outcomes;
    if (outcome.killed) counts.kills++;
    else counts.crashes += outcome.crashes;
    counts.faults += outcome.faults.length;
    counts.acknowledged += outcome.acknowledged;
    counts.unacknowledged += outcome.unacknowledged;
    for (const { kind } of outcome.problems) this.#problems[kind]++;
    if (outcome.problems.length > 0 && this.#failures.length < listed) {
      this.#failures.push(toFailure(outcome));
    }
  }

  report({ seed, ...options }: ChaosOptions, caught: Caught): ChaosReport {
    const ablationsCaught = Object.values(caught).filter((after) => after !== null).length;
    const noticed = !options.ablations || ablationsCaught === Object.keys(ablations).length;
    const broken = Object.values(this.#problems).some((count) => count > 0);
    const { schedules } = this;
    return {
      schedules,
      seed,
      ...this.#outcomes,
      ...this.#problems,
      ablationsCaught,
      ablations: caught,
      // Without acknowledged writes nothing was promised, so nothing was tried.
      holds: noticed && !broken && this.#outcomes.acknowledged > 0,
      failures: this.#failures,
    };
  }
}

function toFailure({ seed, pair, killed, problems, steps, faults }: Outcome): ChaosFailure {
  return {
    seed,
    pair,
    problems: problems.map(({ kind, detail }) => `${kind}: ${detail}`),
    replay: `palimpsest chaos --seed ${seed} --schedules 1 --kills ${killed ? 1 : 0} --no-ablations`,
    steps,
    faults: faults.map(
      ({ number, target, method, kind, effect }) =>
        `call ${number} ${target}.${method}: ${kind}, effect ${effect}`,
    ),
  };
}
