import { randomUUID } from "node:crypto";
import {
  type CallOptions,
  checkKey,
  type KeyValueStore,
  type Lease,
  PalimpsestError,
  type SetOptions,
  throwIfAborted,
} from "@palimpsest/core";
import { checkCount } from "../shared/arguments.ts";
import { RedisChannels } from "./channels.ts";
import type { Connection } from "./connection.ts";
import { incrementScript, releaseScript, renewScript } from "./scripts.ts";

/** Keys per command: a longer one would keep the server from everybody else. */
const mostKeys = 1_000;

/** Values, counters, leases and channels on a Redis or Valkey server, by that server's clock. */
export class RedisKeyValues implements KeyValueStore {
  readonly name: string = "redis";
  readonly channels: RedisChannels;
  readonly #connection: Connection;
  readonly #prefix: string;

  constructor(
    connection: Connection,
    options: {
      readonly prefix: string;
      readonly onWarning?: ((message: string) => void) | undefined;
    },
  ) {
    this.#connection = connection;
    this.#prefix = options.prefix;
    this.channels = new RedisChannels(connection, `${options.prefix}c:`, options.onWarning);
  }

  async getMany(
    keys: readonly string[],
    options: CallOptions = {},
  ): Promise<(Uint8Array<ArrayBuffer> | undefined)[]> {
    this.#enter(options);
    const found: (Uint8Array<ArrayBuffer> | undefined)[] = [];
    for (const names of this.#batches(keys)) {
      const values = await this.#connection.run(
        // A Cluster answers for keys of one slot at a time.
        (client) =>
          client.isCluster
            ? Promise.all(names.map((name) => client.getBuffer(name)))
            : client.mgetBuffer(names),
        options.signal,
      );
      found.push(...values.map((value) => (value === null ? undefined : new Uint8Array(value))));
    }
    return found;
  }

  async set(key: string, value: Uint8Array, options: SetOptions = {}): Promise<boolean> {
    this.#enter(options);
    checkName(key);
    if (!(value instanceof Uint8Array)) {
      throw new PalimpsestError("E_INVALID_INPUT", "a value must be a Uint8Array");
    }
    const { ttl, ifAbsent = false, signal } = options;
    if (ttl !== undefined) checkCount(ttl, "ttl", 1);
    const bytes = Buffer.from(value);
    const name = this.#valueName(key);
    const answer = await this.#connection.run((client) => {
      if (ttl === undefined) {
        return ifAbsent ? client.set(name, bytes, "NX") : client.set(name, bytes);
      }
      return ifAbsent
        ? client.set(name, bytes, "PX", ttl, "NX")
        : client.set(name, bytes, "PX", ttl);
    }, signal);
    return answer === "OK";
  }

  async delete(keys: readonly string[], options: CallOptions = {}): Promise<number> {
    this.#enter(options);
    let existed = 0;
    for (const names of this.#batches(keys)) {
      const counts = await this.#connection.run(
        async (client) =>
          client.isCluster
            ? Promise.all(names.map((name) => client.del(name)))
            : [await client.del(names)],
        options.signal,
      );
      existed += counts.reduce((sum, count) => sum + count, 0);
    }
    return existed;
  }

  async increment(
    key: string,
    by: number = 1,
    options: CallOptions & { ttl?: number } = {},
  ): Promise<number> {
    this.#enter(options);
    checkName(key);
    checkCount(by, "by", Number.MIN_SAFE_INTEGER);
    const { ttl, signal } = options;
    if (ttl !== undefined) checkCount(ttl, "ttl", 1);
    const name = this.#valueName(key);
    const answer = await this.#connection.run(
      (client) => client.eval(incrementScript, 1, name, by, ttl ?? ""),
      signal,
    );
    const [done, value] = answer as [number, string];
    if (done === 1) return Number(value);
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      value === "range"
        ? `counter ${JSON.stringify(key)} would leave the range of safe integers`
        : `the value of ${JSON.stringify(key)} is not a counter; use another key`,
    );
  }

  async lease(key: string, ms: number, options: CallOptions = {}): Promise<Lease | undefined> {
    this.#enter(options);
    checkName(key);
    checkCount(ms, "ms", 1);
    const owner = randomUUID();
    const name = `${this.#prefix}l:${key}`;
    const answer = await this.#connection.run(
      (client) => client.set(name, owner, "PX", ms, "NX"),
      options.signal,
    );
    if (answer !== "OK") return undefined;
    const holds = (script: string, ...args: readonly number[]): Promise<boolean> =>
      this.#connection.run(
        async (client) => (await client.eval(script, 1, name, owner, ...args)) === 1,
      );
    return {
      key,
      renew: async (longer) => {
        checkCount(longer, "ms", 1);
        return holds(renewScript, longer);
      },
      release: () => holds(releaseScript),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.channels.close(), this.#connection.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #enter(options: CallOptions): void {
    this.#connection.checkOpen();
    throwIfAborted(options.signal);
  }

  #batches(keys: readonly string[]): string[][] {
    for (const key of keys) checkName(key);
    return Array.from({ length: Math.ceil(keys.length / mostKeys) }, (_, i) =>
      keys.slice(i * mostKeys, (i + 1) * mostKeys).map((key) => this.#valueName(key)),
    );
  }

  #valueName(key: string): string {
    return `${this.#prefix}v:${key}`;
  }
}

function checkName(key: string): void {
  checkKey({ scope: "", id: key });
}
