import { PalimpsestError } from "@palimpsest/core";
import type { CallContext } from "../call.ts";
import { type ResilienceListener, tell } from "../telemetry/event.ts";

/** Which deadline a call or a stream missed. */
export type DeadlineKind = "total" | "first-token" | "between-tokens";

const missed: Readonly<Record<DeadlineKind, string>> = {
  total: "the call was not complete",
  "first-token": "the call gave no first token",
  "between-tokens": "the stream gave no further token",
};

/** Tells the listeners about a missed deadline. @returns the `E_TIMEOUT` that names it */
export function timeoutError(
  deadline: DeadlineKind,
  limit: number,
  call: CallContext,
  own?: ResilienceListener,
  what: string = missed[deadline],
): PalimpsestError {
  tell({ type: "timeout", deadline, limit }, call, own);
  return new PalimpsestError(
    "E_TIMEOUT",
    `${what} within ${limit} ms (deadline: ${deadline}); raise the deadline or use a faster deployment`,
  );
}
