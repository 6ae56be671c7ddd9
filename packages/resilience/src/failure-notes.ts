import type { FailureKind } from "./classify/failure.ts";

/** Why one step of a fallback chain gave no answer. */
export interface StepFailure {
  /** Undefined for the primary call. */
  readonly step: string | undefined;
  readonly kind: FailureKind;
  readonly error: unknown;
}

/** What the policies know about an error that they let through unchanged. */
export interface FailureNotes {
  /** Calls that reached the upstream before its error was given to the caller. */
  readonly attempts?: number;
  /** Every step that was tried, in order, when all of a fallback chain failed. */
  readonly steps?: readonly StepFailure[];
}

/** Kept beside the errors: they belong to others, may be frozen, and are thrown on as they are. */
const notes = new WeakMap<object, FailureNotes>();

/** What the policies noted about an error that `execute` threw; empty for an error that none has seen. */
export function failureNotes(error: unknown): FailureNotes {
  return (isObject(error) && notes.get(error)) || {};
}

/** Adds to what is known; a thrown value that is no object can hold no note. */
export function noteFailure(error: unknown, added: FailureNotes): void {
  if (isObject(error)) notes.set(error, { ...notes.get(error), ...added });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
