import { TieredCache } from "@palimpsest/cache";
import { openRedis } from "@palimpsest/drivers/redis";
import { Redis } from "ioredis";
import { interleave, median } from "../report.ts";
import { mapValues } from "./hit-cost.ts";
import { bentocache, keyOf, keyv, ttl } from "./libraries.ts";
import type { RedisServer } from "./redis-server.ts";

const batch = 100;
const rounds = 150;
const warmUp = 50;
const dimension = 1_536;

type Kind = "embeddings" | "objects";

/** Median microseconds to read 100 embeddings, or 100 objects of 1 KB, none of them in memory. */
export async function batchReads(redis: RedisServer, kind: Kind): Promise<Record<string, number>> {
  await redis.empty();
  const names = Array.from({ length: batch }, (_, i) => `question ${i}`);
  const keys = names.map((name) => keyOf(name));
  const { value, bytes, decode, plain } = samples[kind];
  const raw = new Redis(redis.url);
  const byHand = await ByHand.open(raw, keys, bytes);
  const store = await openRedis({ url: redis.url });
  // Without room in memory, so that a hundred are asked of the server each time.
  const ours = new TieredCache({ store, deadline: 1_000, memory: { maxBytes: 1 } });
  for (const key of keys) await ours.set(key, value, { ttl });
  const bento = await bentocache(redis.url, { memory: false });
  for (const key of names) await bento.getOrSet({ key, ttl, factory: async () => plain });
  const keyed = await keyv(redis.url);
  for (const name of names) await keyed.set(name, plain);
  let missing = 0;
  const count = (values: readonly unknown[]): void => {
    missing += values.filter((each) => each === undefined).length;
  };
  const reads = {
    mgetAlone: () => byHand.alone(),
    mgetByHand: async () => count(await byHand.read(decode)),
    palimpsest: async () => count(await ours.getMany(keys)),
  };
  // Optimised code is what is compared.
  await interleave(warmUp, reads);
  const times = await interleave(rounds, reads);
  // On their own: what they leave to be collected would be paid for by the others.
  const others = await interleave(Math.ceil(rounds / 15), {
    keyv: () => keyed.get(names),
    bentocache: () => Promise.all(names.map((key) => bento.get({ key }))),
  });
  if (missing > 0) throw new Error(`${missing} values of the batch were missing`);
  await Promise.all([ours.close(), bento.disconnectAll(), keyed.disconnect()]);
  await store.close();
  raw.disconnect();
  return mapValues({ ...times, ...others }, (each) => Math.round(median(each) * 1e3));
}

/**
 * The client by hand with the same guarantees: one MGET brings the values and what could have
 * invalidated them, and each value says whose it is and under which versions it was written.
 */
class ByHand {
  readonly #client: Redis;
  readonly #names: readonly string[];
  readonly #stamps: readonly string[];

  private constructor(client: Redis, names: readonly string[], stamps: readonly string[]) {
    this.#client = client;
    this.#names = names;
    this.#stamps = stamps;
  }

  static async open(client: Redis, keys: readonly string[], bytes: Buffer): Promise<ByHand> {
    const stamps = ["all", "bench", "bench:llm", "bench:llm/chat"].map((name) => `stamp:${name}`);
    const versions = stamps.map((_, i) => `1900000000${i}`);
    for (const [i, name] of stamps.entries()) await client.set(name, versions[i]!);
    for (const key of keys) {
      const head = Buffer.from(key.slice(-ownerLength) + versions.join());
      await client.set(`hand:${key}`, Buffer.concat([head, bytes]));
    }
    const names = keys.map((key) => `hand:${key}`);
    return new ByHand(client, names, stamps);
  }

  alone(): Promise<unknown> {
    return this.#client.mgetBuffer([...this.#names]);
  }

  async read(decode: (bytes: Buffer) => unknown): Promise<unknown[]> {
    const found = await this.#client.mgetBuffer([...this.#names, ...this.#stamps]);
    const versions = found.slice(this.#names.length).join();
    const start = ownerLength + versions.length;
    return this.#names.map((name, i) => {
      const bytes = found[i];
      if (!bytes || bytes.toString("latin1", 0, ownerLength) !== name.slice(-ownerLength))
        return undefined;
      if (bytes.toString("latin1", ownerLength, start) !== versions) return undefined;
      return decode(bytes.subarray(start));
    });
  }
}

const ownerLength = 16;
const vector = Float32Array.from({ length: dimension }, (_, i) => Math.sin(i));
const object = { id: 1, text: "x".repeat(1_000) };

/** `plain` is what peers can keep: they write JSON. */
const samples = {
  embeddings: {
    value: vector,
    plain: [...vector],
    bytes: Buffer.from(vector.buffer),
    // What the client returns begins anywhere, so that numbers need a copy.
    decode: (found: Buffer): unknown => new Float32Array(new Uint8Array(found).buffer),
  },
  objects: {
    value: object,
    plain: object,
    bytes: Buffer.from(JSON.stringify(object)),
    decode: (found: Buffer): unknown => JSON.parse(found.toString()),
  },
} as const;

/** Bytes that an embedding of 1,536 dimensions takes on the server. */
export async function embeddingBytes(redis: RedisServer): Promise<Record<string, number>> {
  await redis.empty();
  const store = await openRedis({ url: redis.url, prefix: "" });
  const cache = new TieredCache({ store, deadline: 1_000 });
  const key = keyOf("embedding");
  await cache.set(key, vector, { ttl });
  const client = new Redis(redis.url);
  const palimpsest = await client.strlen(`v:cache:v:${key}`);
  const keyed = await keyv(redis.url);
  await keyed.set("embedding", [...vector]);
  const [name = ""] = await client.keys("*embedding*");
  const figures = {
    palimpsest,
    keyvJson: await client.strlen(name),
    binary: vector.byteLength,
  };
  client.disconnect();
  await Promise.all([cache.close(), keyed.disconnect()]);
  await store.close();
  return figures;
}
