import { PalimpsestError } from "@palimpsest/core";
import type { CallContext } from "../call.ts";
import { type FailureKind, failureKinds } from "../classify/failure.ts";
import type { StepFailure } from "../failure-notes.ts";

/** One way to an answer when those before it failed. */
export interface FallbackStep<Answer = never> {
  /** What the operation finds in `context.step`, and events in `step`. */
  readonly name: string;
  /** Which kinds of failure it takes over. @defaultValue all but `aborted`, `budget` and `client` */
  readonly when?: readonly FailureKind[];
  /**
   * Answers in the operation's place, knowing the failure before it. Without it the operation is
   * called again, through the policies within, and finds this step's name in its context.
   */
  readonly answer?: (failure: StepFailure, context: CallContext) => Promise<Answer>;
}

/** Neither a caller who left nor a request that is wrong or spent is helped by another model. */
const final: ReadonlySet<FailureKind> = new Set(["aborted", "budget", "client"]);

export function takes(step: FallbackStep<unknown>, kind: FailureKind): boolean {
  return step.when?.includes(kind) ?? !final.has(kind);
}

/** @throws `E_INVALID_INPUT` without a step, for two of one name, for one that takes no failure, or a kind that does not exist */
export function checkSteps(steps: readonly FallbackStep<unknown>[]): void {
  const names = new Set(steps.map(({ name }) => name));
  if (steps.length === 0) throw invalid("a fallback has no step; give at least one");
  if (names.size < steps.length) throw invalid("two steps of a fallback have one name");
  for (const { name, when } of steps) {
    if (when?.length === 0) throw invalid(`the step "${name}" takes no failure; leave when out`);
    checkKinds(name, when);
  }
}

/** A kind with a typing error would take over nothing, which shows in an outage only. */
function checkKinds(step: string, when: unknown): void {
  if (when === undefined) return;
  if (!Array.isArray(when)) throw invalid(`when of the step "${step}" must be a list of kinds`);
  const wrong = when.findIndex((kind) => !failureKinds.includes(kind));
  if (wrong < 0) return;
  throw invalid(
    `when of the step "${step}" names the kind ${shown(when[wrong])}; there are ${failureKinds.join(", ")}`,
  );
}

function shown(kind: unknown): string {
  return typeof kind === "string" ? JSON.stringify(kind) : typeof kind;
}

function invalid(message: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", message);
}
