import { isPalimpsestError, type PalimpsestError } from "@palimpsest/core";
import { isBrokenCircuitError, isBulkheadRejectedError, isTaskCancelledError } from "cockatiel";
import {
  names,
  ownCodes,
  plainCodes,
  preciseCodes,
  statusFailure,
  wrappingCodes,
} from "./codes.ts";
import { type ErrorFacts, factsOf } from "./error-facts.ts";
import { failure, type Failure, type FailureKind } from "./failure.ts";
import { parseDuration, retryAfterOf } from "./retry-after.ts";

/** An error wraps its cause a few times at most; a circle must not hang us. */
const deepestCause = 5;

/**
 * Says what an error means: errors of this library, of the AI SDK, of provider SDKs, of fetch and
 * undici, of cockatiel and opossum. What is recognised by nothing is decided by its cause, else
 * `unknown`, which is neither retried nor held against the upstream; so is what throws when it is read.
 *
 * @param now - epoch milliseconds, for a `Retry-After` that is a date. @defaultValue `Date.now()`
 */
export function classifyError(error: unknown, now: number = Date.now()): Failure {
  try {
    return classify(error, now, deepestCause) ?? failure("unknown");
  } catch {
    // A getter or a proxy of somebody else's. Its own error must not replace the one to be told.
    return failure("unknown");
  }
}

function classify(error: unknown, now: number, depth: number): Failure | undefined {
  if (typeof error !== "object" || error === null || depth === 0) return undefined;
  if (isPalimpsestError(error)) return classifyOwn(error, now, depth);
  return (
    classifyForeignPolicy(error) ??
    classifyFacts(error, factsOf(error), now) ??
    classifyWrapped(error, now, depth)
  );
}

function classifyOwn(error: PalimpsestError, now: number, depth: number): Failure {
  const { code, retryAfter } = error;
  const known = wrappingCodes.has(code)
    ? classify(error.cause, now, depth - 1)
    : (ownCodes[code] ?? failure("client", { origin: "local" }));
  return { ...(known ?? failure("unknown")), ...(retryAfter !== undefined && { retryAfter }) };
}

function classifyForeignPolicy(error: object): Failure | undefined {
  if (isBrokenCircuitError(error) || ("code" in error && error.code === "EOPENBREAKER")) {
    return failure("circuit-open", { origin: "local" });
  }
  if (isBulkheadRejectedError(error)) return failure("overloaded", { origin: "local" });
  return isTaskCancelledError(error) ? failure("aborted", { origin: "local" }) : undefined;
}

function classifyFacts(error: object, facts: ErrorFacts, now: number): Failure | undefined {
  const answer = facts.status !== undefined && facts.status >= 400 ? facts.status : undefined;
  const precise = first(facts.codes, preciseCodes) ?? refusedPrompt(error, answer);
  const kind = precise ?? (answer === undefined ? kindWithoutStatus(error, facts) : undefined);
  const base = kind ? failure(kind) : answer === undefined ? undefined : statusFailure(answer);
  if (!base) return undefined;
  const retryAfter = retryAfterOf(facts.header, now) ?? parseDuration(facts.retryDelay ?? "");
  return {
    ...base,
    retryable: retryableAs(facts, base, precise !== undefined),
    ...(answer !== undefined && { status: answer }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

function kindWithoutStatus(error: object, facts: ErrorFacts): FailureKind | undefined {
  const known = first([nameOf(error), classNameOf(error)], names) ?? first(facts.codes, plainCodes);
  if (known) return known;
  return "isRetryable" in error && error.isRetryable === true ? "transient" : undefined;
}

/** Some providers say only in words that a prompt is too long. */
function refusedPrompt(error: object, status: number | undefined): FailureKind | undefined {
  if (status !== 400 || !("message" in error)) return undefined;
  return /prompt is too long|maximum context length|input token count.*exceeds/i.test(
    String(error.message),
  )
    ? "context-length"
    : undefined;
}

/** `true` does not outweigh a code that no waiting cures. */
function retryableAs(facts: ErrorFacts, base: Failure, precise: boolean): boolean {
  const told = facts.header("x-should-retry");
  if (told === "false") return false;
  return base.retryable || (told === "true" && !precise);
}

/** `lastError`: the AI SDK's own retries end in an error around those of the attempts. */
function classifyWrapped(error: object, now: number, depth: number): Failure | undefined {
  const inner = "lastError" in error ? error.lastError : "cause" in error ? error.cause : undefined;
  return classify(inner, now, depth - 1);
}

function nameOf(error: object): string {
  return "name" in error ? String(error.name) : "";
}

/** An object without a prototype has no class. */
function classNameOf(error: object): string {
  return "constructor" in error && typeof error.constructor === "function"
    ? error.constructor.name
    : "";
}

function first(
  keys: readonly string[],
  kinds: ReadonlyMap<string, FailureKind>,
): FailureKind | undefined {
  for (const key of keys) {
    const kind = kinds.get(key);
    if (kind) return kind;
  }
  return undefined;
}
