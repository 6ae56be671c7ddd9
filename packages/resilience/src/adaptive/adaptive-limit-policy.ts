import { type Clock, systemClock } from "@palimpsest/core";
import { overloadError } from "../bulkhead/overload-error.ts";
import { Slots } from "../bulkhead/slots.ts";
import {
  type CallContext,
  type CallParent,
  deriveCall,
  type Operation,
  type PolicyOfKind,
} from "../call.ts";
import { classifyError } from "../classify/classify-error.ts";
import { numberOption } from "../number-option.ts";
import { type ResilienceListener, tell } from "../telemetry/event.ts";
import { Aimd, type AimdOptions } from "./aimd.ts";
import { Gradient, type GradientOptions } from "./gradient.ts";
import type { LimitAlgorithm } from "./limit-algorithm.ts";

export interface AdaptiveLimitOptions extends AimdOptions {
  /** Calls at the same time to begin with. @defaultValue 20, within minimum and maximum */
  readonly initial?: number;
  /** @defaultValue 1 */
  readonly minimum?: number;
  /** @defaultValue 200 */
  readonly maximum?: number;
  /** Also lowers the limit when first tokens come later than usual. @defaultValue false */
  readonly gradient?: boolean | GradientOptions;
  /** Which errors mean that the upstream cannot keep up. @defaultValue 429, 503, 529 and timeouts */
  readonly isOverload?: (error: unknown) => boolean;
  /** Calls that may wait. @defaultValue 1,000 */
  readonly queue?: number;
  /** Milliseconds that a call may wait, within its deadline. @defaultValue Infinity */
  readonly maxWait?: number;
  /** @defaultValue the system's clock */
  readonly clock?: Clock;
  readonly on?: ResilienceListener;
}

/**
 * A bulkhead that finds its limit: up while calls go well and the limit is used, down when the upstream
 * says that it cannot keep up. Queue, fairness and slots are those of `bulkhead`.
 */
export class AdaptiveLimitPolicy implements PolicyOfKind<"bulkhead"> {
  readonly kind = "bulkhead";
  readonly #slots: Slots;
  readonly #algorithm: LimitAlgorithm;
  readonly #minimum: number;
  readonly #maximum: number;
  readonly #isOverload: (error: unknown) => boolean;
  readonly #clock: Clock;
  readonly #on: ResilienceListener | undefined;
  /** With its fraction; the slots have the whole part. */
  #limit: number;
  /** Counts decreases: a call that started in an earlier round tells of an overload that is known. */
  #round = 0;

  /** @throws `E_INVALID_INPUT` for an option out of its range */
  constructor(options: AdaptiveLimitOptions = {}) {
    const { minimum = 1, maximum = 200, queue = 1_000, maxWait = Infinity } = options;
    const { clock = systemClock, gradient = false, on } = options;
    this.#minimum = numberOption("minimum", minimum, { atLeast: 1, integer: true });
    this.#maximum = numberOption("maximum", maximum, { atLeast: minimum, integer: true });
    const initial = options.initial ?? Math.min(maximum, Math.max(minimum, 20));
    this.#limit = numberOption("initial", initial, {
      atLeast: minimum,
      atMost: maximum,
      integer: true,
    });
    this.#algorithm = gradient
      ? new Gradient({ ...options, ...(gradient === true ? {} : gradient) })
      : new Aimd(options);
    this.#isOverload = options.isOverload ?? meansOverload;
    this.#clock = clock;
    this.#on = on;
    this.#slots = new Slots(this.#limit, {
      size: numberOption("queue", queue, { atLeast: 0, integer: true }),
      maxWait: numberOption("maxWait in milliseconds", maxWait, { above: 0 }),
      clock,
      refuse: (refusal, call, waited) => overloadError(refusal, this.limit, waited, call, on),
    });
  }

  /** Calls that may run at the same time for now. */
  get limit(): number {
    return this.#slots.limit;
  }

  get running(): number {
    return this.#slots.running;
  }

  get waiting(): number {
    return this.#slots.waiting;
  }

  /** @throws `E_OVERLOADED` saying why there is no slot; `E_ABORTED` at once when the caller stops waiting */
  execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    return this.#slots.run((call) => this.#observe(operation, call), parent);
  }

  async #observe<T>(operation: Operation<T>, outer: CallContext): Promise<T> {
    const inFlight = this.#slots.running;
    const round = this.#round;
    const start = this.#clock.now();
    let firstToken: number | undefined;
    const onToken = (): void => {
      firstToken ??= this.#clock.now() - start;
      outer.onToken();
    };
    const learn = (dropped: boolean): void =>
      this.#learn({ inFlight, dropped, firstToken, fresh: round === this.#round }, outer);
    try {
      const value = await operation(deriveCall(outer, { onToken }));
      learn(false);
      return value;
    } catch (error) {
      // Other errors say nothing about how much the upstream bears.
      if (this.#isOverload(error)) learn(true);
      throw error;
    }
  }

  #learn(sample: Parameters<LimitAlgorithm["next"]>[1], call: CallContext): void {
    const wanted = this.#algorithm.next(this.#limit, sample);
    const from = this.limit;
    if (wanted < this.#limit) this.#round += 1;
    this.#limit = Math.min(this.#maximum, Math.max(this.#minimum, wanted));
    const to = Math.floor(this.#limit);
    if (to === from) return;
    this.#slots.limit = to;
    tell({ type: "limit-changed", from, to }, call, this.#on);
  }
}

/** Refusals of this side do not count: they say nothing about the upstream. */
function meansOverload(error: unknown): boolean {
  const { kind, origin } = classifyError(error);
  return (
    origin === "upstream" &&
    (kind === "rate-limited" || kind === "overloaded" || kind === "timeout")
  );
}

/** A policy of concurrency that finds its own limit. */
export function adaptiveLimit(options: AdaptiveLimitOptions = {}): AdaptiveLimitPolicy {
  return new AdaptiveLimitPolicy(options);
}
