import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { throwIfAborted } from "../errors.ts";

/** A clock that can also wait: what hangs and slow calls take their time from. */
export interface FaultTime extends Clock {
  /** @throws `E_ABORTED` when the signal fires first */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Real time; waiting does not keep the process alive. */
export const realTime: FaultTime = {
  now: () => Date.now(),
  wait: async (ms, signal) => {
    await pause(ms, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined);
    throwIfAborted(signal);
  },
};
