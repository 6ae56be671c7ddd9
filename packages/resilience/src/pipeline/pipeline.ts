import { type Clock, systemClock } from "@palimpsest/core";
import {
  abortError,
  type CallContext,
  type CallParent,
  deriveCall,
  enterCall,
  type Operation,
} from "../call.ts";
import { classifyError } from "../classify/classify-error.ts";
import type { Classifier } from "../classify/failure.ts";
import { type ResilienceEvent, type ResilienceListener, tell } from "../telemetry/event.ts";
import { metricsActive } from "../telemetry/metrics.ts";
import { type PipelinePolicies, type Runner, runner } from "./runner.ts";

export interface PipelineOptions<Answer = never> extends PipelinePolicies<Answer> {
  /** Gets the decisions of every policy in it. */
  readonly on?: ResilienceListener;
  /** Names the outcome of a failed call in events. @defaultValue `classifyError` */
  readonly classify?: Classifier;
  /** For durations in events and the ceiling of time. @defaultValue the system clock */
  readonly clock?: Clock;
}

/** Several policies as one, in the one order in which they work together. */
export class Pipeline<Answer = never> {
  readonly #run: Runner<Answer>;
  readonly #on: ResilienceListener | undefined;
  readonly #classify: Classifier;
  readonly #clock: Clock;

  constructor(options: PipelineOptions<Answer>) {
    this.#on = options.on;
    this.#classify = options.classify ?? classifyError;
    this.#clock = options.clock ?? systemClock;
    this.#run = runner(options, this.#clock);
  }

  async execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T | Answer> {
    const outer = enterCall(parent);
    const on = both(this.#on, outer.on);
    if (!on && !metricsActive()) return this.#run(operation, outer);
    return this.#observe(operation, on ? deriveCall(outer, { on }) : outer);
  }

  async #observe<T>(operation: Operation<T>, call: CallContext): Promise<T | Answer> {
    const started = this.#clock.now();
    const before = call.request.calls;
    let outcome: (ResilienceEvent & { type: "call" })["outcome"] = "success";
    try {
      return await this.#run(operation, call);
    } catch (error) {
      // Some clients reject with the signal's reason, which may be anything.
      const cause = call.signal.aborted ? abortError(call.signal) : error;
      outcome = this.#classify(cause, this.#clock.now()).kind;
      throw error;
    } finally {
      const duration = this.#clock.now() - started;
      tell(
        { type: "call", outcome, duration, calls: call.request.calls - before },
        call,
        undefined,
      );
    }
  }
}

/** A pipeline within another one tells both. */
function both(
  own: ResilienceListener | undefined,
  outer: ResilienceListener | undefined,
): ResilienceListener | undefined {
  if (!own || !outer || own === outer) return own ?? outer;
  return (event) => {
    outer(event);
    own(event);
  };
}

/**
 * Puts policies together. Whatever is left out costs nothing; the order is always the same, from
 * the outside: ceilings, fallback, hedge, retry, rate limit, bulkhead, breaker, timeout of the attempt.
 * @example
 * const policy = pipeline({ retry: retry(), breaker: circuitBreaker(), timeout: timeout({ total: 30_000 }) });
 * const answer = await policy.execute(({ signal }) => callModel({ signal }), request.signal);
 */
export function pipeline<Answer = never>(options: PipelineOptions<Answer>): Pipeline<Answer> {
  return new Pipeline(options);
}
