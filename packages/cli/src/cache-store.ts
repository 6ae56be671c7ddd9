import { resolve } from "node:path";
import { type KeyValueStore, PalimpsestError, redactUrls } from "@palimpsest/core";
import type { Command } from "commander";
import { type Host, note } from "./host.ts";

/** Where a cache keeps what its processes share. */
export interface CacheStoreOptions {
  readonly cache: string;
  readonly namespace: string;
  readonly redisPrefix?: string;
  readonly json?: boolean;
}

/** The store, and what has to be closed for it: a file holds more than keys and values. */
export interface OpenCacheStore extends AsyncDisposable {
  readonly store: KeyValueStore;
}

export function withCacheOptions(command: Command): Command {
  return command
    .requiredOption("--cache <address>", "redis://…, rediss://… or sqlite:./file.db")
    .option("--namespace <name>", "the cache's own, if it has one", "cache")
    .option("--redis-prefix <text>", "of all keys of the application (default: palimpsest:)")
    .option("--json", "print exactly one JSON value on stdout");
}

/**
 * Opens what the running processes use; a file has to exist.
 * @throws `E_CONFIG` for another address, and what the driver throws
 */
export async function openCacheStore(
  host: Host,
  { cache, redisPrefix }: CacheStoreOptions,
): Promise<OpenCacheStore> {
  const [scheme = ""] = cache.split(":", 1);
  switch (scheme.toLowerCase()) {
    case "redis":
    case "rediss": {
      const { openRedis } = await import("@palimpsest/drivers/redis");
      const prefix = redisPrefix === undefined ? {} : { prefix: redisPrefix };
      // Its warnings are about listening, which no command does for long; a failure is an error.
      const store = await openRedis({ url: cache, ...prefix });
      return { store, [Symbol.asyncDispose]: () => store.close() };
    }
    case "sqlite":
      return openFile(host, cache.slice("sqlite:".length));
    default:
      throw new PalimpsestError(
        "E_CONFIG",
        `--cache ${redactUrls(cache)} is no address of a cache; write redis://host:6379 or sqlite:./file.db`,
      );
  }
}

async function openFile(host: Host, path: string): Promise<OpenCacheStore> {
  if (path === "") {
    throw new PalimpsestError("E_CONFIG", "--cache sqlite: names no file; write sqlite:./file.db");
  }
  const onWarning = (message: string) => note(host, `warning: ${message}`);
  const { openSqlite } = await import("@palimpsest/drivers/sqlite");
  const engine = await openSqlite({ path: resolve(host.cwd, path), mustExist: true, onWarning });
  return { store: engine.keyValues, [Symbol.asyncDispose]: () => engine.close() };
}
