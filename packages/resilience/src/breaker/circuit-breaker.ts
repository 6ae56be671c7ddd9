import { type Clock, PalimpsestError } from "@palimpsest/core";
import {
  type CallContext,
  type CallParent,
  enterCall,
  type Operation,
  type PolicyOfKind,
} from "../call.ts";
import { type CircuitState, type ResilienceListener, tell } from "../telemetry/event.ts";
import { BreakTime } from "./break-time.ts";
import { CallWindow } from "./call-window.ts";
import { CockatielEngine } from "./cockatiel-engine.ts";
import type { BreakerEngine, CallOutcome, Settle } from "./engine.ts";
import { judge, type Judgement } from "./judgement.ts";
import { type BreakerSettings, breakerSettings, type CircuitBreakerOptions } from "./options.ts";
import { type BreakerSnapshot, checkSnapshot } from "./snapshot.ts";
import { Stopwatch } from "./stopwatch.ts";
import { Trial } from "./trial.ts";

/** A call that was let in, either counted by the engine or as a probe of a trial. */
interface Admission {
  readonly era: number;
  readonly report: Settle | Trial;
}

/**
 * Rejects calls with `E_CIRCUIT_OPEN` while too many of the recent ones failed or were slow, then
 * lets a few probes decide. Everybody else is rejected at once meanwhile. Holds no timer.
 */
export class CircuitBreakerPolicy implements PolicyOfKind<"breaker"> {
  readonly kind = "breaker";
  readonly #settings: BreakerSettings;
  readonly #clock: Clock;
  readonly #calls: CallWindow;
  readonly #breakTime: BreakTime;
  readonly #engine: BreakerEngine;
  readonly #on: ResilienceListener | undefined;
  #state: CircuitState = "closed";
  #trial: Trial | undefined;
  /** Grows with each change of state: a call of an earlier era says nothing about this one. */
  #era = 0;
  #lastError: unknown;
  /** The listener of the call that entered last hears of changes of state. */
  #caller: ResilienceListener | undefined;

  /** @throws `E_INVALID_INPUT` naming the option that is out of its range */
  constructor(options: CircuitBreakerOptions = {}) {
    const settings = breakerSettings(options);
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#on = options.on;
    this.#calls = new CallWindow(settings);
    this.#breakTime = new BreakTime(settings.breakTime, settings.clock, settings.random);
    if (options.restore) this.#restore(checkSnapshot(options.restore));
    const create = options.engine ?? ((parts) => new CockatielEngine(parts));
    this.#engine = create({
      name: settings.name,
      clock: settings.clock,
      window: settings.window,
      calls: this.#calls,
      breakTime: this.#breakTime,
      startsOpen: this.#state === "open",
      onState: (state) => this.#change(state),
    });
  }

  get name(): string {
    return this.#settings.name;
  }

  get state(): CircuitState {
    return this.#engine.state;
  }

  /** @throws `E_CIRCUIT_OPEN` with `retryAfter`, and the last error that counted as its cause */
  async execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    const call = enterCall(parent);
    const admission = this.#admit(call);
    const stopwatch = this.#startStopwatch(call);
    try {
      const value = await operation(stopwatch?.call ?? call);
      this.#ended(admission, stopwatch?.isSlow() ? "slow" : "success");
      return value;
    } catch (error) {
      this.#failed(admission, error, call);
      throw error;
    }
  }

  /** Rejects every call until the handle is disposed. */
  isolate(): Disposable {
    return this.#engine.isolate();
  }

  /** For `restore` in another process. */
  snapshot(): BreakerSnapshot {
    const open = this.state === "open" || this.state === "half-open";
    return {
      version: 1,
      state: open ? "open" : "closed",
      breaks: this.#breakTime.breaks,
      openUntil: this.#breakTime.until,
      calls: this.#calls.snapshot(this.#clock.now()),
    };
  }

  #restore(snapshot: BreakerSnapshot): void {
    this.#state = snapshot.state;
    this.#breakTime.restore(snapshot.breaks, snapshot.openUntil);
    this.#calls.restore(snapshot.calls, this.#clock.now());
  }

  #admit(call: CallContext): Admission {
    this.#caller = call.on;
    if (this.#trial?.enter(this.#clock.now())) return { era: this.#era, report: this.#trial };
    const settle = this.#engine.admit();
    if (!settle) throw this.#rejection(call);
    const report = this.#engine.state === "half-open" ? this.#startTrial(settle) : settle;
    return { era: this.#era, report };
  }

  #startTrial(decide: Settle): Trial {
    const { halfOpen, breakTime } = this.#settings;
    this.#trial = new Trial(halfOpen, breakTime.maximum, decide);
    this.#trial.enter(this.#clock.now());
    return this.#trial;
  }

  #startStopwatch(call: CallContext): Stopwatch | undefined {
    const { slowCall } = this.#settings;
    return slowCall === Infinity ? undefined : new Stopwatch(call, slowCall, this.#clock);
  }

  #failed(admission: Admission, error: unknown, call: CallContext): void {
    let judgement: Judgement = "ignored";
    try {
      judgement = judge(error, call, this.#settings.classify, this.#clock.now());
    } finally {
      // A classifier that throws must not keep the probe's place.
      if (judgement === "failure") this.#ended(admission, "failure", error);
      else this.#leaveTrial(admission, judgement === "answered" ? "success" : "ignored");
    }
  }

  #leaveTrial({ era, report }: Admission, outcome: "success" | "ignored"): void {
    if (report instanceof Trial && era === this.#era) report.leave(outcome);
  }

  #ended({ era, report }: Admission, outcome: CallOutcome, error?: unknown): void {
    if (era !== this.#era) return;
    if (outcome === "failure") this.#lastError = error;
    if (report instanceof Trial) {
      report.leave(outcome === "success" ? outcome : "failure", error);
      return;
    }
    this.#calls.record(outcome, this.#clock.now());
    report(outcome, error);
  }

  #change(to: CircuitState): void {
    const from = this.#state;
    this.#state = to;
    this.#era += 1;
    this.#trial = undefined;
    if (to === "open" || to === "closed") this.#calls.clear();
    if (to === "closed") {
      this.#breakTime.reset();
      this.#lastError = undefined;
    }
    tell({ type: "breaker-state", breaker: this.name, from, to }, { on: this.#caller }, this.#on);
  }

  #rejection(call: CallContext): PalimpsestError {
    const { state } = this;
    const retryAfter = state === "open" ? this.#breakTime.remaining : undefined;
    tell({ type: "breaker-rejected", breaker: this.name, state, retryAfter }, call, this.#on);
    const when = retryAfter === undefined ? "" : `; the next probe may pass in ${retryAfter} ms`;
    return new PalimpsestError("E_CIRCUIT_OPEN", `the breaker "${this.name}" is ${state}${when}`, {
      ...(retryAfter !== undefined && { retryAfter }),
      ...(this.#lastError !== undefined && { cause: this.#lastError }),
    });
  }
}

/** Stops calling an upstream that fails, and finds out when it is back. */
export function circuitBreaker(options?: CircuitBreakerOptions): CircuitBreakerPolicy {
  return new CircuitBreakerPolicy(options);
}
