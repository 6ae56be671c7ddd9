import { type Clock, systemClock } from "@palimpsest/core";
import { type CallParent, enterCall, type Operation } from "../call.ts";
import { classifyError } from "../classify/classify-error.ts";
import type { Classifier } from "../classify/failure.ts";
import type { ResilienceListener } from "../telemetry/event.ts";
import { type FallbackChain, FallbackRun } from "./fallback-run.ts";
import { checkSteps, type FallbackStep } from "./step.ts";

export interface FallbackOptions {
  /** Says what kind a failure is. @defaultValue `classifyError` */
  readonly classify?: Classifier;
  readonly on?: ResilienceListener;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
}

/**
 * Tries the steps in their order until one answers; a step whose `when` does not name the failure
 * before it is passed over. Not after the first token of a stream.
 */
export class FallbackPolicy<Answer = never> {
  readonly kind = "fallback";
  readonly #chain: FallbackChain<Answer>;

  /** @throws `E_INVALID_INPUT` without a step, for two of one name, for one that takes no failure, or a kind that does not exist */
  constructor(steps: readonly FallbackStep<Answer>[], options: FallbackOptions = {}) {
    checkSteps(steps);
    const { classify = classifyError, clock = systemClock, on } = options;
    this.#chain = { steps: [...steps], kindOf: (error) => classify(error, clock.now()).kind, on };
  }

  /** @throws the primary call's own error when no step answers; `failureNotes(error).steps` has them all */
  async execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T | Answer> {
    const run = new FallbackRun<T, Answer>(operation, enterCall(parent), this.#chain);
    try {
      return await run.start();
    } catch (error) {
      return run.takeOver(error);
    }
  }
}

/** Ways to an answer when the primary call has none, in their order. */
export function fallback<Answer = never>(
  steps: readonly FallbackStep<Answer>[],
  options?: FallbackOptions,
): FallbackPolicy<Answer> {
  return new FallbackPolicy(steps, options);
}
