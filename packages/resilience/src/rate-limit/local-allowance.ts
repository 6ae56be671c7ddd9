import { type Clock, systemClock } from "@palimpsest/core";
import {
  type Allowance,
  checkRateLimits,
  type RateLimits,
  type Reservation,
  type Taken,
} from "./allowance.ts";
import { UsageWindow } from "./usage-window.ts";

const slices = 60;

/** A rate of this process. Exact to one sixtieth of the interval, and never above the limit. */
export class LocalAllowance implements Allowance {
  readonly tokenLimit: number;
  readonly #requests: UsageWindow;
  readonly #tokens: UsageWindow;
  readonly #clock: Clock;
  #coolUntil = -Infinity;
  #latest = -Infinity;

  constructor(limits: RateLimits, clock: Clock = systemClock) {
    const { requests, tokens, interval } = checkRateLimits(limits);
    this.tokenLimit = tokens;
    this.#requests = new UsageWindow(requests, interval, slices);
    this.#tokens = new UsageWindow(tokens, interval, slices);
    this.#clock = clock;
  }

  take(tokens: number): Taken {
    const now = this.#clock.now();
    const wait = this.#waitAt(now, 1, tokens);
    if (wait > 0) return { wait };
    const slice = this.#requests.use(1, now);
    this.#tokens.use(tokens, now);
    return new LocalReservation(this.#requests, this.#tokens, slice, tokens);
  }

  leastWait(calls: number, tokens: number): number {
    return this.#waitAt(this.#clock.now(), calls, tokens);
  }

  #waitAt(now: number, calls: number, tokens: number): number {
    const cooling = this.#coolingAt(now);
    const room = Math.max(this.#requests.waitFor(calls, now), this.#tokens.waitFor(tokens, now));
    return Math.max(cooling, room);
  }

  /** A clock that was set back makes no cool-down longer. */
  #coolingAt(now: number): number {
    this.#coolUntil -= Math.max(0, this.#latest - now);
    this.#latest = now;
    return Math.max(0, this.#coolUntil - now);
  }

  coolDown(until: number): void {
    this.#coolingAt(this.#clock.now());
    this.#coolUntil = Math.max(this.#coolUntil, until);
  }
}

class LocalReservation implements Reservation {
  readonly #requests: UsageWindow;
  readonly #tokens: UsageWindow;
  readonly #slice: number;
  #charged: number;

  constructor(requests: UsageWindow, tokens: UsageWindow, slice: number, charged: number) {
    this.#requests = requests;
    this.#tokens = tokens;
    this.#slice = slice;
    this.#charged = charged;
  }

  settle(tokens: number): void {
    this.#tokens.correct(this.#slice, tokens - this.#charged);
    this.#charged = tokens;
  }

  cancel(): void {
    this.#requests.correct(this.#slice, -1);
    this.settle(0);
  }
}
