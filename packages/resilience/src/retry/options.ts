import { type Clock, systemClock } from "@palimpsest/core";
import { ExponentialBackoff, type IBackoffFactory } from "cockatiel";
import { classifyError } from "../classify/classify-error.ts";
import type { Classifier } from "../classify/failure.ts";
import { numberOption } from "../number-option.ts";
import type { ResilienceListener } from "../telemetry/event.ts";
import { longestTimer } from "../timeout/deadline-queue.ts";
import { RetryBudget } from "./retry-budget.ts";

export interface RetryOptions {
  /** Calls in all, the first included. @defaultValue 3 */
  readonly attempts?: number;
  /** About how many milliseconds the first wait takes; later ones grow, with jitter. @defaultValue 500 */
  readonly initialDelay?: number;
  /** Longest wait of our own choosing, in milliseconds. @defaultValue 30,000 */
  readonly maximumDelay?: number;
  /**
   * Longest wait in milliseconds that an upstream may ask for; when it asks for more, its error is
   * passed on at once, for a fallback to take over. @defaultValue 60,000
   */
  readonly maximumRetryAfter?: number;
  /** Shared by the policies that are given it; `false`: no limit. @defaultValue one of its own */
  readonly budget?: RetryBudget | false;
  /** Says which errors are worth a retry. @defaultValue `classifyError` */
  readonly classify?: Classifier;
  readonly on?: ResilienceListener;
  /** For deadlines, dates and the budget. @defaultValue the system clock */
  readonly clock?: Clock;
  /** In [0, 1); spreads callers that were told the same wait. One that fails is a warning. @defaultValue `Math.random` */
  readonly random?: () => number;
}

export interface RetrySettings {
  readonly attempts: number;
  readonly initialDelay: number;
  readonly maximumRetryAfter: number;
  readonly backoff: IBackoffFactory<unknown>;
  readonly budget: RetryBudget | undefined;
  readonly classify: Classifier;
  readonly on: ResilienceListener | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws `E_INVALID_INPUT` naming the option that is out of its range */
export function retrySettings(options: RetryOptions): RetrySettings {
  const clock = options.clock ?? systemClock;
  const delay = { atLeast: 0, atMost: longestTimer };
  const initialDelay = numberOption("initialDelay", options.initialDelay ?? 500, delay);
  const maxDelay = numberOption("maximumDelay", options.maximumDelay ?? 30_000, delay);
  return {
    attempts: numberOption("attempts", options.attempts ?? 3, { atLeast: 1, integer: true }),
    initialDelay,
    maximumRetryAfter: numberOption("maximumRetryAfter", options.maximumRetryAfter ?? 60_000, {
      atLeast: 0,
      // Leaves room for the jitter.
      atMost: longestTimer / 2,
    }),
    // Decorrelated jitter is cockatiel's default.
    backoff: new ExponentialBackoff({ initialDelay, maxDelay }),
    budget: options.budget === false ? undefined : (options.budget ?? new RetryBudget({ clock })),
    classify: options.classify ?? classifyError,
    on: options.on,
    clock,
    random: options.random ?? Math.random,
  };
}
