import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, type KeyValueStore, PalimpsestError, systemClock } from "@palimpsest/core";
import {
  type Allowance,
  checkRateLimits,
  type RateLimits,
  type Reservation,
  type Taken,
} from "./allowance.ts";

export interface SharedAllowanceOptions extends RateLimits {
  readonly store: KeyValueStore;
  /** Names the rate in the store: one per provider, model and key. */
  readonly name: string;
  /** @defaultValue the system's clock */
  readonly clock?: Clock;
}

/** An interval is counted in so many slices. */
const slices = 10;
/** How long a slice counts: its interval, the rest of the slice itself, and a slice of clock skew. */
const counting = slices + 2;
const coolDownLease = 1_000;
/** How often a call is counted anew whose count was answered too late to hold. */
const mostTries = 3;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * A rate that many processes share through a key-value store. Each call adds itself to a counter first
 * and then reads all that count, so two that race may both step back, but never both go.
 *
 * Accuracy: no interval holds more than the limit while the difference of the processes' clocks and the
 * store's answer take less than a tenth of it together; up to two tenths longer is waited than needed. A
 * process that dies between the two steps leaves its call counted until the interval is over.
 */
export class SharedAllowance implements Allowance {
  readonly tokenLimit: number;
  readonly #store: KeyValueStore;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #requests: number;
  readonly #slice: number;
  readonly #ttl: number;
  #coolUntil = -Infinity;

  /** @throws `E_INVALID_INPUT` when nothing is limited or a limit is out of range */
  constructor({ store, name, clock = systemClock, ...limits }: SharedAllowanceOptions) {
    const { requests, tokens, interval } = checkRateLimits(limits);
    this.#store = store;
    this.#name = name;
    this.#clock = clock;
    this.#requests = requests;
    this.tokenLimit = tokens;
    this.#slice = interval / slices;
    this.#ttl = Math.ceil((counting + 2) * this.#slice);
  }

  /** @throws what the store throws, `E_UNAVAILABLE` when it is too slow: an unread limit lets nobody through */
  async take(tokens: number): Promise<Taken> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const asked = this.#clock.now();
      if (this.#coolUntil > asked) return { wait: this.#coolUntil - asked };
      const slice = Math.floor(asked / this.#slice);
      const reservation = await SharedReservation.make(
        (kind, amount) => this.#count(kind, slice, amount),
        Math.ceil(tokens),
      );
      const wait = await this.#excess(slice);
      const inTime = this.#clock.now() - asked <= this.#slice;
      if (wait === 0 && inTime) return reservation;
      await reservation.withdraw();
      if (wait > 0) return { wait };
    }
    throw new PalimpsestError(
      "E_UNAVAILABLE",
      `the store of the shared rate "${this.#name}" takes longer than ${this.#slice} ms, a tenth of the interval; check the store or take a longer interval`,
    );
  }

  leastWait(): number {
    return Math.max(0, this.#coolUntil - this.#clock.now());
  }

  /** The lease makes reading and raising the time one step, so that the latest of all holds. */
  async coolDown(until: number): Promise<void> {
    this.#coolUntil = Math.max(this.#coolUntil, until);
    const key = this.#coolKey;
    while (this.#clock.now() < until) {
      const lease = await this.#store.lease(key, coolDownLease);
      if (!lease) {
        await sleep(10 + Math.random() * 20);
        continue;
      }
      const [stored] = await this.#store.getMany([key]);
      const ttl = Math.ceil(until - this.#clock.now());
      if (readNumber(stored) < until && ttl > 0) {
        await this.#store.set(key, encoder.encode(String(Math.ceil(until))), { ttl });
      }
      await lease.release();
      return;
    }
  }

  get #coolKey(): string {
    return `${this.#name}:cool-down`;
  }

  #key(kind: Kind, slice: number): string {
    return `${this.#name}:${kind}:${slice}`;
  }

  #count(kind: Kind, slice: number, amount: number): Promise<number> {
    return this.#store.increment(this.#key(kind, slice), amount, { ttl: this.#ttl });
  }

  /** @returns 0 when everything that counts is within the limits, else the milliseconds to wait */
  async #excess(current: number): Promise<number> {
    const oldest = current - counting + 1;
    // The last one is ahead: it belongs to a process whose clock is before ours.
    const counted = Array.from({ length: counting + 1 }, (_, index) => oldest + index);
    const values = await this.#store.getMany([
      this.#coolKey,
      ...counted.map((slice) => this.#key("requests", slice)),
      ...counted.map((slice) => this.#key("tokens", slice)),
    ]);
    const [cool = 0, ...amounts] = values.map(readNumber);
    this.#coolUntil = Math.max(this.#coolUntil, cool);
    const now = this.#clock.now();
    return Math.max(
      0,
      this.#coolUntil - now,
      this.#waitFor(amounts.slice(0, counted.length), this.#requests, oldest, now),
      this.#waitFor(amounts.slice(counted.length), this.tokenLimit, oldest, now),
    );
  }

  /** At most one slice: what others took back in the meantime should not be waited for. */
  #waitFor(amounts: readonly number[], limit: number, oldest: number, now: number): number {
    let over = amounts.reduce((sum, amount) => sum + amount, 0) - limit;
    if (over <= 0) return 0;
    const freed = amounts.findIndex((amount) => (over -= amount) <= 0);
    const wait = (oldest + freed + counting) * this.#slice - now;
    return Math.min(Math.max(1, wait), this.#slice);
  }
}

type Kind = "requests" | "tokens";

/** Corrections are sent without waiting for them: they come after the call that they belong to. */
class SharedReservation implements Reservation {
  readonly #count: (kind: Kind, amount: number) => Promise<number>;
  #charged: number;

  private constructor(count: (kind: Kind, amount: number) => Promise<number>, charged: number) {
    this.#count = count;
    this.#charged = charged;
  }

  static async make(
    count: (kind: Kind, amount: number) => Promise<number>,
    tokens: number,
  ): Promise<SharedReservation> {
    await Promise.all([count("requests", 1), count("tokens", tokens)]);
    return new SharedReservation(count, tokens);
  }

  async withdraw(): Promise<void> {
    await Promise.all([this.#count("requests", -1), this.#count("tokens", -this.#charged)]);
  }

  settle(tokens: number): void {
    const whole = Math.ceil(tokens);
    const difference = whole - this.#charged;
    this.#charged = whole;
    if (difference !== 0) this.#count("tokens", difference).catch(warn);
  }

  cancel(): void {
    this.withdraw().catch(warn);
  }
}

function warn(cause: unknown): void {
  process.emitWarning(new Error("usage could not be corrected in the shared rate", { cause }));
}

/** Absent counts as 0. */
function readNumber(value: Uint8Array | undefined): number {
  const number = value === undefined ? 0 : Number(decoder.decode(value));
  if (Number.isFinite(number)) return number;
  throw new PalimpsestError(
    "E_CORRUPT",
    "an entry of the shared rate holds no number; something else writes under its name, choose another",
  );
}
