import { type Clock, systemClock } from "../clock.ts";
import { PalimpsestError, throwIfAborted } from "../errors.ts";
import type { CallOptions, KeyValueStore, Lease, SetOptions } from "../key-value-store.ts";
import { checkKey } from "../seal.ts";
import { MemoryChannels } from "./channels.ts";
import { checkCount } from "./selection.ts";

interface Entry {
  readonly value: Uint8Array<ArrayBuffer>;
  /** Epoch milliseconds; Infinity without ttl. */
  readonly expiresAt: number;
}

interface Holder {
  until: number;
}

const counterPattern = /^-?\d{1,16}$/;
/** Expired entries that nobody reads are dropped once this many entries came in since the last sweep. */
const leastSweep = 1_000;

export class MemoryKeyValueStore implements KeyValueStore {
  readonly name: string = "memory";
  readonly channels: MemoryChannels;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #leases = new Map<string, Holder>();
  #sweepAt: number = leastSweep;
  #closed = false;

  constructor(options: { readonly clock?: Clock } = {}) {
    this.#clock = options.clock ?? systemClock;
    this.channels = new MemoryChannels(() => this.#enter({}));
  }

  async getMany(
    keys: readonly string[],
    options: CallOptions = {},
  ): Promise<(Uint8Array<ArrayBuffer> | undefined)[]> {
    this.#enter(options);
    for (const key of keys) checkName(key);
    return keys.map((key) => this.#live(key)?.value.slice());
  }

  async set(key: string, value: Uint8Array, options: SetOptions = {}): Promise<boolean> {
    this.#enter(options);
    checkName(key);
    if (!(value instanceof Uint8Array)) {
      throw new PalimpsestError("E_INVALID_INPUT", `the value of ${quote(key)} must be bytes`);
    }
    const expiresAt = this.#expiry(options.ttl);
    if (options.ifAbsent === true && this.#live(key)) return false;
    this.#store(key, { value: new Uint8Array(value), expiresAt });
    return true;
  }

  async delete(keys: readonly string[], options: CallOptions = {}): Promise<number> {
    this.#enter(options);
    for (const key of keys) checkName(key);
    return keys.filter((key) => this.#live(key) !== undefined && this.#entries.delete(key)).length;
  }

  async increment(
    key: string,
    by: number = 1,
    options: CallOptions & { ttl?: number } = {},
  ): Promise<number> {
    this.#enter(options);
    checkName(key);
    checkCount(Math.abs(by), "the size of `by`", 0);
    const fresh = this.#expiry(options.ttl);
    const entry = this.#live(key);
    const next = (entry ? parseCounter(key, entry.value) : 0) + by;
    if (!Number.isSafeInteger(next)) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `counter ${quote(key)} would leave the safe range`,
      );
    }
    const value = new TextEncoder().encode(String(next));
    this.#store(key, { value, expiresAt: entry?.expiresAt ?? fresh });
    return next;
  }

  async lease(key: string, ms: number, options: CallOptions = {}): Promise<Lease | undefined> {
    this.#enter(options);
    checkName(key);
    checkCount(ms, "ms", 1);
    const now = this.#clock.now();
    const present = this.#leases.get(key);
    if (present && present.until > now) return undefined;
    const holder: Holder = { until: now + ms };
    this.#leases.set(key, holder);
    return this.#toLease(key, holder);
  }

  /** The holder object itself is the proof of ownership. */
  #toLease(key: string, holder: Holder): Lease {
    const holds = (): boolean => {
      this.#enter({});
      return this.#leases.get(key) === holder && holder.until > this.#clock.now();
    };
    return {
      key,
      renew: async (ms) => {
        checkCount(ms, "ms", 1);
        if (!holds()) return false;
        holder.until = this.#clock.now() + ms;
        return true;
      },
      release: async () => holds() && this.#leases.delete(key),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#entries.clear();
    this.#leases.clear();
    this.channels.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt > this.#clock.now()) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  #store(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    if (this.#entries.size < this.#sweepAt) return;
    const now = this.#clock.now();
    for (const [name, { expiresAt }] of this.#entries) {
      if (expiresAt <= now) this.#entries.delete(name);
    }
    this.#sweepAt = Math.max(leastSweep, this.#entries.size * 2);
  }

  #expiry(ttl: number | undefined): number {
    if (ttl === undefined) return Number.POSITIVE_INFINITY;
    checkCount(ttl, "ttl", 1);
    return this.#clock.now() + ttl;
  }

  #enter(options: CallOptions): void {
    if (this.#closed) {
      throw new PalimpsestError(
        "E_CLOSED",
        "the memory key-value store was closed; open a new one",
      );
    }
    throwIfAborted(options.signal);
  }
}

function checkName(key: string): void {
  checkKey({ scope: "", id: key });
}

function parseCounter(key: string, value: Uint8Array): number {
  const text = new TextDecoder().decode(value);
  if (counterPattern.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `${quote(key)} does not hold a counter; use another key or delete it first`,
  );
}

function quote(key: string): string {
  return JSON.stringify(key);
}
