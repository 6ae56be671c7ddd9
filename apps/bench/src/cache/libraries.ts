import { type CacheKey, cacheKey, TieredCache } from "@palimpsest/cache";
import { openRedis } from "@palimpsest/drivers/redis";
import { loadPeer } from "../peers-folder.ts";

/** One cache library, set up as its documentation does it for memory, with Redis behind when given. */
interface OpenedCache {
  getOrSet(name: string, fill: () => Promise<unknown>): unknown;
  close(): Promise<void>;
}

type Open = (redis?: string) => Promise<OpenedCache>;

export const ttl = 600_000;

export const libraries = {
  palimpsest: openOurs,
  bentocache: openBentocache,
  cacheable: openCacheable,
  cacheManager: openCacheManager,
  asyncCacheDedupe: openDedupe,
} as const satisfies Record<string, Open>;

export type LibraryName = keyof typeof libraries;
export const libraryNames = Object.keys(libraries) as readonly LibraryName[];

export function keyOf(name: string): CacheKey {
  return cacheKey({ scope: "bench", prefix: "llm/chat", parts: [name] });
}

async function openOurs(redis?: string): Promise<OpenedCache> {
  const store = redis === undefined ? undefined : await openRedis({ url: redis });
  const cache = new TieredCache({ ...(store && { store }) });
  return {
    getOrSet: (name, fill) => cache.getOrSet(keyOf(name), fill, { ttl }),
    close: async () => {
      await cache.close();
      await store?.close();
    },
  };
}

export interface Bentocache {
  getOrSet(options: {
    readonly key: string;
    readonly ttl: number;
    readonly tags?: readonly string[];
    readonly factory: () => Promise<unknown>;
  }): Promise<unknown>;
  get(options: { readonly key: string }): Promise<unknown>;
  disconnectAll(): Promise<void>;
}

interface BentocacheModule {
  readonly BentoCache: new (options: object) => Bentocache;
  readonly bentostore: () => BentoStore;
}

interface BentoStore {
  useL1Layer(driver: unknown): BentoStore;
  useL2Layer(driver: unknown): BentoStore;
}

/**
 * Alone with its faster setting: values are not serialised in memory. Before Redis that setting
 * cannot read what another process wrote (1.6.1).
 */
export async function bentocache(
  redis?: string,
  { memory = true }: { readonly memory?: boolean } = {},
): Promise<Bentocache> {
  const { BentoCache, bentostore } = await loadPeer<BentocacheModule>("bentocache");
  const { memoryDriver } = await loadPeer<{
    readonly memoryDriver: (options: object) => unknown;
  }>("bentocache/drivers/memory");
  let store = bentostore();
  const serialize = redis !== undefined;
  if (memory) store = store.useL1Layer(memoryDriver({ serialize, maxItems: 10_000 }));
  if (redis !== undefined) {
    const { redisDriver } = await loadPeer<{
      readonly redisDriver: (options: object) => unknown;
    }>("bentocache/drivers/redis");
    const { hostname, port } = new URL(redis);
    store = store.useL2Layer(redisDriver({ connection: { host: hostname, port: Number(port) } }));
  }
  return new BentoCache({ default: "cache", stores: { cache: store } });
}

async function openBentocache(redis?: string): Promise<OpenedCache> {
  const cache = await bentocache(redis);
  return {
    getOrSet: (key, factory) => cache.getOrSet({ key, ttl, factory }),
    close: () => cache.disconnectAll(),
  };
}

export interface Cacheable {
  getOrSet(key: string, fill: () => Promise<unknown>, options: object): Promise<unknown>;
  disconnect(): Promise<void>;
  on(event: "error", listener: () => void): void;
}

export async function cacheable(redis?: string): Promise<Cacheable> {
  const { Cacheable: Class } = await loadPeer<{
    readonly Cacheable: new (options: object) => Cacheable;
  }>("cacheable");
  const cache = new Class(redis === undefined ? {} : { secondary: await keyvRedis(redis) });
  // Errors are events there.
  cache.on("error", () => undefined);
  return cache;
}

async function openCacheable(redis?: string): Promise<OpenedCache> {
  const cache = await cacheable(redis);
  return {
    getOrSet: (key, fill) => cache.getOrSet(key, fill, { ttl }),
    close: () => cache.disconnect(),
  };
}

export interface CacheManager {
  wrap(key: string, fill: () => Promise<unknown>, ttl: number): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

export async function cacheManager(redis?: string): Promise<CacheManager> {
  const { createCache } = await loadPeer<{
    readonly createCache: (options: object) => CacheManager;
  }>("cache-manager");
  const { Keyv } = await loadPeer<KeyvModule>("keyv");
  const stores = [new Keyv()];
  if (redis !== undefined) stores.push(new Keyv({ store: await keyvRedis(redis) }));
  return createCache({ stores });
}

async function openCacheManager(redis?: string): Promise<OpenedCache> {
  const cache = await cacheManager(redis);
  return {
    getOrSet: (key, fill) => cache.wrap(key, fill, ttl),
    close: async () => void (await cache.disconnect()),
  };
}

export interface Keyv {
  get(keys: readonly string[]): Promise<unknown[]>;
  set(key: string, value: unknown): Promise<unknown>;
  disconnect(): Promise<void>;
}

interface KeyvModule {
  readonly Keyv: new (options?: object) => Keyv;
}

async function keyvRedis(redis: string): Promise<unknown> {
  const { default: KeyvRedis } = await loadPeer<{
    readonly default: { readonly default?: new (url: string) => unknown } & (new (
      url: string,
    ) => unknown);
  }>("@keyv/redis");
  return new (KeyvRedis.default ?? KeyvRedis)(redis);
}

export async function keyv(redis: string): Promise<Keyv> {
  const { Keyv: Class } = await loadPeer<KeyvModule>("keyv");
  return new Class({ store: await keyvRedis(redis) });
}

export interface Dedupe {
  define(name: string, fill: (key: string) => Promise<unknown>): void;
  fetch(key: string): Promise<unknown>;
}

export async function dedupe(
  fill: (key: string) => Promise<unknown>,
  storage: object = { type: "memory", options: { size: 10_000 } },
): Promise<Dedupe> {
  const { createCache } = await loadPeer<{
    readonly createCache: (options: object) => Dedupe;
  }>("async-cache-dedupe");
  const cache = createCache({ ttl: ttl / 1_000, storage });
  cache.define("fetch", fill);
  return cache;
}

interface PeerRedis {
  disconnect(): void;
  on(event: "error", listener: () => void): void;
}

/** It has one store, so with Redis there is no memory. */
async function openDedupe(redis?: string): Promise<OpenedCache> {
  const fills = new Map<string, () => Promise<unknown>>();
  const fill = (key: string): Promise<unknown> => fills.get(key)!();
  let client: PeerRedis | undefined;
  if (redis !== undefined) {
    const { Redis } = await loadPeer<{ readonly Redis: new (url: string) => PeerRedis }>("ioredis");
    client = new Redis(redis);
    client.on("error", () => undefined);
  }
  const cache = await dedupe(fill, client && { type: "redis", options: { client } });
  return {
    getOrSet: (key, own) => {
      fills.set(key, own);
      return cache.fetch(key);
    },
    close: async () => client?.disconnect(),
  };
}
