import { PalimpsestError } from "@palimpsest/core";
import { Connection, type RedisClient } from "./connection.ts";
import { RedisKeyValues } from "./key-values.ts";

interface CommonOptions {
  /** Put before every key and channel; two applications on one server need two. @defaultValue `"palimpsest:"` */
  readonly prefix?: string;
  /** Told in one sentence when something works in a weaker way. */
  readonly onWarning?: (message: string) => void;
}

export interface RedisServerOptions extends CommonOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://…` for TLS. */
  readonly url: string;
  /** Milliseconds to wait for a connection, and for an answer. @defaultValue 10,000 */
  readonly timeout?: number;
  readonly client?: never;
}

export interface RedisClientOptions extends CommonOptions {
  /** Your own `Redis` or `Cluster` of ioredis. It keeps its own ways of reconnecting, and stays open. */
  readonly client: RedisClient;
  readonly url?: never;
}

export type RedisOptions = RedisServerOptions | RedisClientOptions;

/**
 * A key-value store on Redis or Valkey. It connects when it is first used.
 * @throws `E_CONFIG` naming the option
 */
export async function openRedis(options: RedisOptions): Promise<RedisKeyValues> {
  const { prefix = "palimpsest:", onWarning } = options;
  if (typeof prefix !== "string" || !prefix.isWellFormed() || Buffer.byteLength(prefix) > 512) {
    throw config("prefix must be a well-formed string of at most 512 bytes");
  }
  const connection =
    options.client === undefined
      ? await connect(options)
      : new Connection(options.client, "Redis", false);
  return new RedisKeyValues(connection, { prefix, onWarning });
}

async function connect({ url, timeout = 10_000 }: RedisServerOptions): Promise<Connection> {
  const address = parseUrl(url);
  if (!Number.isSafeInteger(timeout) || timeout < 1) {
    throw config(`timeout must be a whole number of milliseconds from 1 on, got ${timeout}`);
  }
  const { Redis } = await import("ioredis").catch((error: unknown) => {
    throw new PalimpsestError(
      "E_CONFIG",
      "the package ioredis is not installed; run npm i ioredis",
      { cause: error },
    );
  });
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeout,
    commandTimeout: timeout,
    socketTimeout: timeout,
    // A call without a connection fails at once, and a command is never sent twice.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    retryStrategy: () => null,
  });
  return new Connection(client, `Redis at ${address.host}${address.pathname}`, true);
}

function parseUrl(text: string): URL {
  const url = typeof text === "string" ? URL.parse(text) : null;
  if (url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== "") {
    if (/^\/?\d*$/.test(url.pathname)) return url;
  }
  throw config(
    "url must be redis://user:password@host:port/database-number, or rediss:// for TLS, with special characters percent-encoded",
  );
}

function config(message: string): PalimpsestError {
  return new PalimpsestError("E_CONFIG", message);
}
