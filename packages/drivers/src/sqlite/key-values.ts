import { randomUUID } from "node:crypto";
import {
  type CallOptions,
  checkKey,
  type Clock,
  type KeyValueStore,
  type Lease,
  PalimpsestError,
  type SetOptions,
  throwIfAborted,
} from "@palimpsest/core";
import { checkCount } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";

/** Expired entries that a write removes on the side, so that none pile up. */
const sweep = 64;
const counter = /^-?\d{1,16}$/;

/** Small values, counters and leases in the same file as the documents; closing it closes nothing else. */
export class SqliteKeyValues implements KeyValueStore {
  readonly name: string = "sqlite";
  readonly #file: Connection;
  readonly #clock: Clock;
  #closed = false;

  constructor(connection: Connection, clock: Clock) {
    this.#file = connection;
    this.#clock = clock;
  }

  async getMany(
    keys: readonly string[],
    options: CallOptions = {},
  ): Promise<(Uint8Array<ArrayBuffer> | undefined)[]> {
    throwIfAborted(options.signal);
    keys.forEach(checkName);
    const now = this.#clock.now();
    return this.#connection.read(() => keys.map((key) => this.#read(key, now)));
  }

  async set(key: string, value: Uint8Array, options: SetOptions = {}): Promise<boolean> {
    checkName(key);
    if (!(value instanceof Uint8Array))
      throw new PalimpsestError("E_INVALID_INPUT", "a value must be a Uint8Array");
    const expiresAt = this.#expiry(options.ttl);
    const copy = Uint8Array.from(value);
    return this.#connection.transaction(() => {
      const now = this.#clock.now();
      if (options.ifAbsent === true && this.#read(key, now) !== undefined) return false;
      this.#write(key, copy, expiresAt);
      this.#sweep(now);
      return true;
    }, options.signal);
  }

  async delete(keys: readonly string[], options: CallOptions = {}): Promise<number> {
    keys.forEach(checkName);
    return this.#connection.transaction(() => {
      const now = this.#clock.now();
      let existed = 0;
      for (const key of keys) {
        if (this.#read(key, now) !== undefined) existed++;
        this.#connection.prepare("DELETE FROM key_values WHERE key = ?").run(key);
      }
      return existed;
    }, options.signal);
  }

  async increment(
    key: string,
    by: number = 1,
    options: CallOptions & { ttl?: number } = {},
  ): Promise<number> {
    checkName(key);
    checkCount(by, "by", Number.MIN_SAFE_INTEGER);
    const expiresAt = this.#expiry(options.ttl);
    return this.#connection.transaction(() => {
      const current = this.#read(key, this.#clock.now());
      const next = (current === undefined ? 0 : parseCounter(key, current)) + by;
      checkCount(next, `counter ${JSON.stringify(key)}`, Number.MIN_SAFE_INTEGER);
      const bytes = Buffer.from(String(next));
      if (current === undefined) this.#write(key, bytes, expiresAt);
      else
        this.#connection.prepare("UPDATE key_values SET value = ? WHERE key = ?").run(bytes, key);
      return next;
    }, options.signal);
  }

  async lease(key: string, ms: number, options: CallOptions = {}): Promise<Lease | undefined> {
    checkName(key);
    checkCount(ms, "ms", 1);
    const owner = randomUUID();
    const taken = await this.#connection.transaction(() => {
      const now = this.#clock.now();
      const { changes } = this.#connection
        .prepare(
          `INSERT INTO leases (key, owner, until) VALUES (?1, ?2, ?3) ON CONFLICT (key)
            DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE until <= ?4`,
        )
        .run(key, owner, now + ms, now);
      return Number(changes) > 0;
    }, options.signal);
    return taken ? this.#toLease(key, owner) : undefined;
  }

  #toLease(key: string, owner: string): Lease {
    const renew = "UPDATE leases SET until = ? WHERE key = ? AND owner = ? AND until > ?";
    const release = "DELETE FROM leases WHERE key = ? AND owner = ? AND until > ?";
    const changed = (sql: string, bind: (now: number) => (string | number)[]): Promise<boolean> =>
      this.#connection.transaction(
        () => Number(this.#connection.prepare(sql).run(...bind(this.#clock.now())).changes) > 0,
      );
    return {
      key,
      renew: async (ms) => {
        checkCount(ms, "ms", 1);
        return changed(renew, (now) => [now + ms, key, owner, now]);
      },
      release: () => changed(release, (now) => [key, owner, now]),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #connection(): Connection {
    if (!this.#closed) return this.#file;
    throw new PalimpsestError("E_CLOSED", "the key-value store was closed; open the store again");
  }

  #read(key: string, now: number): Uint8Array<ArrayBuffer> | undefined {
    const row = this.#connection
      .prepare(
        "SELECT value FROM key_values WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)",
      )
      .get(key, now);
    return row === undefined ? undefined : (row["value"] as Uint8Array<ArrayBuffer>);
  }

  #write(key: string, value: Uint8Array, expiresAt: number | null): void {
    this.#connection
      .prepare("INSERT OR REPLACE INTO key_values (key, value, expires_at) VALUES (?, ?, ?)")
      .run(key, value, expiresAt);
  }

  #expiry(ttl: number | undefined): number | null {
    if (ttl === undefined) return null;
    checkCount(ttl, "ttl", 1);
    return this.#clock.now() + ttl;
  }

  #sweep(now: number): void {
    const sql = `DELETE FROM key_values WHERE key IN
      (SELECT key FROM key_values WHERE expires_at <= ? LIMIT ${sweep})`;
    this.#connection.prepare(sql).run(now);
  }
}

function checkName(key: string): void {
  checkKey({ scope: "", id: key });
}

function parseCounter(key: string, bytes: Uint8Array): number {
  const text = Buffer.from(bytes).toString("latin1");
  const value = Number(text);
  if (counter.test(text) && Number.isSafeInteger(value)) return value;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `the value of ${JSON.stringify(key)} is not a counter; use another key`,
  );
}
