import type { FaultRecord } from "@palimpsest/core/faults";
import type { Problem } from "./history.ts";
import type { PairName } from "./worlds.ts";

/** What one schedule did, and what did not hold. */
export interface Outcome {
  readonly seed: number;
  readonly pair: PairName;
  /** Its process died by SIGKILL; its steps and faults died with it. */
  readonly killed: boolean;
  readonly problems: readonly Problem[];
  readonly acknowledged: number;
  readonly unacknowledged: number;
  readonly steps: readonly string[];
  readonly faults: readonly FaultRecord[];
  readonly crashes: number;
}
