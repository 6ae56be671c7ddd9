import { setTimeout as sleep } from "node:timers/promises";
import { pipeline, retry } from "@palimpsest/resilience";
import { ConstantBackoff, handleAll, retry as cockatielRetry } from "cockatiel";

const backoff = 3_000;
const leavesAfter = 50;

export interface AbortFigures {
  /** Milliseconds from the caller's abort to the end of the call. */
  readonly returnedAfterMs: number;
  /** Calls of the upstream after the abort. */
  readonly extraCalls: number;
}

type Execute = (run: () => Promise<never>, signal: AbortSignal) => Promise<unknown>;

/** A caller who leaves in the middle of a backoff of three seconds. */
export async function abortProbe(): Promise<{
  readonly ours: AbortFigures;
  readonly cockatiel: AbortFigures;
}> {
  const ours = pipeline({
    retry: retry({ attempts: 2, initialDelay: backoff, random: () => 0.5 }),
  });
  const peer = cockatielRetry(handleAll, { maxAttempts: 1, backoff: new ConstantBackoff(backoff) });
  const [oursFigures, cockatiel] = await Promise.all([
    leave((run, signal) => ours.execute(run, signal)),
    leave((run, signal) => peer.execute(run, signal)),
  ]);
  return { ours: oursFigures, cockatiel };
}

async function leave(execute: Execute): Promise<AbortFigures> {
  const caller = new AbortController();
  let calls = 0;
  const failing = async (): Promise<never> => {
    calls += 1;
    throw Object.assign(new Error("HTTP 503"), { statusCode: 503 });
  };
  const ended = execute(failing, caller.signal).then(
    () => performance.now(),
    () => performance.now(),
  );
  await sleep(leavesAfter);
  const callsBefore = calls;
  const left = performance.now();
  caller.abort(new Error("the caller left"));
  const returnedAfterMs = (await ended) - left;
  // A retry that comes late all the same must be seen.
  await sleep(backoff * 1.2);
  return { returnedAfterMs, extraCalls: calls - callsBefore };
}
