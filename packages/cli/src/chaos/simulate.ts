import { join } from "node:path";
import { VirtualTime } from "@palimpsest/core/faults";
import type { Ablation } from "./ablations.ts";
import { checkFinalState } from "./final-state.ts";
import { History } from "./history.ts";
import type { Outcome } from "./outcome.ts";
import { runSchedule, type ScheduleTrace } from "./schedule.ts";
import { openWorld, type PairName, pairNames } from "./worlds.ts";

export interface SimulateOptions {
  readonly seed: number;
  /** For the files of the schedule. */
  readonly folder: string;
  /** @defaultValue by the seed */
  readonly pair?: PairName;
  readonly ablation?: Ablation;
}

/** One schedule in this process, from its seed to the verdict. */
export async function simulate({
  seed,
  folder,
  ablation,
  ...options
}: SimulateOptions): Promise<Outcome> {
  const pair = options.pair ?? pairOf(seed);
  const time = new VirtualTime();
  const path = join(folder, `schedule-${seed}.db`);
  const world = await openWorld({ pair, clock: time, path, transactions: seed % 2 === 0 });
  const history = new History();
  try {
    using trace = await runSchedule({ seed, world, time, history, ablation, crashes: true });
    const leftToRepair = leftBy(trace);
    await checkFinalState({ world, time, history, ablation, leftToRepair });
    const { problems, acknowledged, unacknowledged } = history;
    const { steps, faults, crashes } = trace;
    return {
      seed,
      pair,
      killed: false,
      problems,
      acknowledged,
      unacknowledged,
      steps,
      faults,
      crashes,
    };
  } finally {
    await world.dispose();
  }
}

function pairOf(seed: number): PairName {
  return pairNames[(seed >>> 0) % pairNames.length] ?? "memory";
}

/**
 * The contract leaves to `repair`: an index call that lands after everybody gave it up (a write can
 * only bring back what was deleted, a deletion anything) or whose process died past its lease.
 */
function leftBy({ faults, diedPastLease }: ScheduleTrace): "nothing" | "orphans" | "anything" {
  if (diedPastLease) return "anything";
  const late = faults.filter(
    ({ target, effect }) => effect === "later" && (target === "vectors" || target === "lexical"),
  );
  if (late.some(({ method }) => method === "delete")) return "anything";
  return late.length > 0 ? "orphans" : "nothing";
}
