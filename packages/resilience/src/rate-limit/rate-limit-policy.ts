import { type Clock, PalimpsestError, systemClock } from "@palimpsest/core";
import {
  type CallContext,
  type CallParent,
  deriveCall,
  enterCall,
  type Operation,
  type PolicyOfKind,
} from "../call.ts";
import { classifyError } from "../classify/classify-error.ts";
import type { Classifier } from "../classify/failure.ts";
import { numberOption } from "../number-option.ts";
import { type ResilienceListener, tell } from "../telemetry/event.ts";
import { Admission } from "./admission.ts";
import type { Allowance, RateLimits, Reservation } from "./allowance.ts";
import { LocalAllowance } from "./local-allowance.ts";
import { rateError } from "./rate-error.ts";
import { SettlingLedger } from "./settling-ledger.ts";

export interface RateLimitOptions extends RateLimits {
  /** Instead of limits of its own: an allowance that others use too, such as a `SharedAllowance`. */
  readonly allowance?: Allowance;
  /** Calls that may wait. @defaultValue 1,000 */
  readonly queue?: number;
  /** Milliseconds that a call may wait, within its deadline. @defaultValue Infinity */
  readonly maxWait?: number;
  /** Milliseconds of cool-down after a 429 that names none. @defaultValue 1,000 */
  readonly coolDown?: number;
  /**
   * Longest cool-down in milliseconds, whatever a 429 asks for: one answer must not stop every caller for
   * a day. @defaultValue 300,000
   */
  readonly maximumCoolDown?: number;
  /** Part of a cool-down that is added at random, so that processes do not come back together. @defaultValue 0.1 */
  readonly jitter?: number;
  /** @defaultValue classifyError */
  readonly classify?: Classifier;
  /** @defaultValue the system's clock */
  readonly clock?: Clock;
  readonly on?: ResilienceListener;
}

/** How fast the estimate for calls that name no tokens follows what they really use. */
const smoothing = 0.1;

/**
 * Calls and tokens per interval. A call reserves `details.tokens` and settles by what it reports:
 * `call.request.report({ tokens })` gives back the rest, or owes what is more. A 429 of the upstream
 * cools the rate down for every caller.
 */
export class RateLimitPolicy implements PolicyOfKind<"rate-limit"> {
  readonly kind = "rate-limit";
  readonly #allowance: Allowance;
  readonly #admission: Admission;
  readonly #coolDown: number;
  readonly #maximumCoolDown: number;
  readonly #jitter: number;
  readonly #classify: Classifier;
  readonly #clock: Clock;
  readonly #on: ResilienceListener | undefined;
  #typicalTokens = 0;

  /** @throws `E_INVALID_INPUT` without any limit, or for an option out of its range */
  constructor(options: RateLimitOptions) {
    const { queue = 1_000, maxWait = Infinity, clock = systemClock, on } = options;
    this.#allowance = options.allowance ?? new LocalAllowance(options, clock);
    this.#coolDown = numberOption("coolDown in milliseconds", options.coolDown ?? 1_000, {
      atLeast: 0,
    });
    this.#maximumCoolDown = numberOption(
      "maximumCoolDown in milliseconds",
      options.maximumCoolDown ?? 300_000,
      { atLeast: 0, below: Infinity },
    );
    this.#jitter = numberOption("jitter", options.jitter ?? 0.1, { atLeast: 0, atMost: 1 });
    this.#classify = options.classify ?? classifyError;
    this.#clock = clock;
    this.#on = on;
    this.#admission = new Admission({
      allowance: this.#allowance,
      queue: numberOption("queue", queue, { atLeast: 0, integer: true }),
      maxWait: numberOption("maxWait in milliseconds", maxWait, { above: 0 }),
      clock,
      refuse: (refusal, retryAfter, call) => rateError(refusal, retryAfter, call, on),
      onWaited: (wait, call) => tell({ type: "rate-limit-waited", wait }, call, on),
    });
  }

  get waiting(): number {
    return this.#admission.waiting;
  }

  /**
   * @throws `E_RATE_LIMITED` with `retryAfter`, at once when the call's deadline or `maxWait` comes first;
   * `E_INVALID_INPUT` when the call needs more tokens than an interval has; `E_ABORTED`
   */
  async execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    const outer = enterCall(parent);
    const reservation = await this.#reserve(outer);
    const request = new SettlingLedger(outer.request, reservation, this.#onSettle);
    try {
      return await operation(deriveCall(outer, { request }));
    } catch (error) {
      this.#coolDownAfter(error, outer);
      throw error;
    }
  }

  /**
   * Lets nobody through before `until`, epoch milliseconds; the latest of all such times holds.
   * @throws `E_INVALID_INPUT` when that is no time
   */
  async coolDown(until: number): Promise<void> {
    numberOption("the cool-down's end in epoch milliseconds", until, { below: Infinity });
    const wait = Math.max(0, until - this.#clock.now());
    await this.#allowance.coolDown(until + wait * this.#jitter * Math.random());
    this.#admission.recheck();
  }

  #reserve(call: CallContext): Promise<Reservation> {
    const tokens = call.details.tokens ?? Math.ceil(this.#typicalTokens);
    if (tokens > this.#allowance.tokenLimit) throw tooLarge(tokens, this.#allowance.tokenLimit);
    return this.#admission.enter(call, tokens);
  }

  readonly #onSettle = (used: number): void => {
    const bounded = Math.min(used, this.#allowance.tokenLimit);
    this.#typicalTokens += (bounded - this.#typicalTokens) * smoothing;
    this.#admission.recheck();
  };

  #coolDownAfter(error: unknown, call: CallContext): void {
    const { kind, origin, retryAfter = this.#coolDown } = this.#classify(error);
    if (kind !== "rate-limited" || origin === "local") return;
    const until = this.#clock.now() + Math.min(retryAfter, this.#maximumCoolDown);
    tell({ type: "cool-down", until }, call, this.#on);
    // The caller has its error already; that the others could not be told is a warning.
    this.coolDown(until).catch((cause: unknown) => {
      process.emitWarning(new Error("the cool-down could not be shared", { cause }));
    });
  }
}

function tooLarge(tokens: number, limit: number): PalimpsestError {
  return new PalimpsestError(
    "E_INVALID_INPUT",
    `the call needs ${tokens} tokens, and the limit is ${limit} per interval; shorten the call or raise the limit`,
  );
}

/** A policy of rate: calls and tokens per interval, settled by real usage. */
export function rateLimit(options: RateLimitOptions): RateLimitPolicy {
  return new RateLimitPolicy(options);
}
