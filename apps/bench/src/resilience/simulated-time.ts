import { mock } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Milliseconds by which simulated time moves at once; what a simulation measures is exact to so much. */
const step = 5;
/** Nothing that is simulated takes as long; a simulation that does hangs. */
const longest = 24 * 3_600_000;

/**
 * Runs a simulation in which timers and the clock follow each other without waiting: an hour of calls
 * takes a second. Policies under test, ours and the peers', use the same simulated timers.
 */
export async function simulate<T>(run: () => Promise<T>): Promise<T> {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.UTC(2030, 0, 1) });
  try {
    const ended = new AbortController();
    const result = run().finally(() => ended.abort());
    // Without a handler of its own a failure would end the process before it is awaited below.
    result.catch(() => {});
    for (let passed = 0; !ended.signal.aborted; passed += step) {
      if (passed > longest) throw new Error("the simulation has not ended after a day");
      await nextTurn();
      mock.timers.tick(step);
    }
    return await result;
  } finally {
    mock.timers.reset();
  }
}

/** Lets simulated time pass. */
export function pass(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
