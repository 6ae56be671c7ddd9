import type { PalimpsestErrorCode } from "@palimpsest/core";
import { abortError, type CallContext } from "../call.ts";
import type { Classifier, Failure } from "../classify/failure.ts";

/** `answered`: the upstream is up and refused this one request, which only a probe cares about. */
export type Judgement = "failure" | "answered" | "ignored";

/** A ceiling ends a call that is under way only when it is that of time. */
const deadlines: ReadonlySet<PalimpsestErrorCode> = new Set(["E_TIMEOUT", "E_BUDGET_EXCEEDED"]);

/** What a failed call says about its upstream. */
export function judge(
  error: unknown,
  call: CallContext,
  classify: Classifier,
  now: number,
): Judgement {
  // Clients throw what they like after an abort, so the signal decides: a lost hedge and a caller
  // who left say nothing, a deadline that passed does.
  if (call.signal.aborted)
    return deadlines.has(abortError(call.signal).code) ? "failure" : "ignored";
  const failure = classify(error, now);
  if (failure.countsForBreaker) return "failure";
  return isAnswer(failure) ? "answered" : "ignored";
}

/** A 429 is a matter of the limiter: a probe that gets one has learnt nothing. */
function isAnswer({ status, kind }: Failure): boolean {
  return status !== undefined && status < 500 && kind !== "rate-limited";
}
