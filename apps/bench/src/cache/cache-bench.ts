import { installPeers } from "../peers-folder.ts";
import { type BenchReport, goal, machine } from "../report.ts";
import { failingFill } from "./failing-fill.ts";
import { hitCost, mapValues } from "./hit-cost.ts";
import { keyCost } from "./key-cost.ts";
import {
  callsAcrossProcesses,
  callsWithHolderKilled,
  refusedRedis,
  stalledRedis,
} from "./process-probes.ts";
import { batchReads, embeddingBytes } from "./redis-reads.ts";
import { RedisServer } from "./redis-server.ts";

const notes: readonly string[] = [
  "hits: 1,000 keys, an object of 1 KB, a ttl, ours bounded by bytes too and with a listener; plain is an awaited async function around Map.get",
  "bentocache with serialize: false, its faster setting, but before Redis, where that fails; async-cache-dedupe has one store, so with Redis no memory",
  "crossProcessCalls: 4 processes, 250 waiters each; for the killed holder at most one further call is unavoidable",
  "stalled: SIGSTOP; refused: nobody listens; 4,000 ms is where a probe gave up",
  "batch100VsMget: 100 embeddings of 1,536 dimensions, none in memory, beside mgetByHand: one MGET with the same guarantees, which also brings stamps, compares them and the owner, and makes a Float32Array of each; mgetAlone only waits for the bytes. batch100ObjectsUs: 1 KB of JSON each",
];

/** The cache beside its peers: what a hit costs, and what happens when things fail. */
export async function cacheBench(): Promise<BenchReport> {
  installPeers();
  await using redis = await RedisServer.start();
  console.error("reads from Redis …");
  const embeddings = await batchReads(redis, "embeddings");
  const objects = await batchReads(redis, "objects");
  const embedding = await embeddingBytes(redis);
  console.error("hits …");
  const hits = await hitCost();
  console.error("a fill that fails …");
  const failing = await failingFill();
  console.error("4 processes …");
  const calls = await callsAcrossProcesses(redis);
  const callsKilled = await callsWithHolderKilled(redis);
  console.error("Redis stalled, and refused …");
  const stalled = await stalledRedis(redis);
  const refused = await refusedRedis();
  const [ours, stalledOurs] = [hits["palimpsest"]!, stalled["palimpsest"]!];
  const slower = (name: string): number => hits[name]!.nanoseconds / ours.nanoseconds;
  return {
    name: "cache",
    goals: [
      goal("getOrSetHitVsPlain", ours.nanoseconds / hits["plain"]!.nanoseconds, { atMost: 2.5 }),
      goal("getOrSetHitVsBentocache", slower("bentocache"), { atLeast: 10 }),
      goal("getOrSetHitVsCacheable", slower("cacheable"), { atLeast: 40 }),
      goal("taggedVsUntagged", slower("palimpsestTagged"), { atMost: 1.3 }),
      goal("bytesPerHit", ours.bytes, { atMost: 500 }),
      goal("failingFactoryCalls", failing["palimpsest"]!.calls, { atMost: 1 }),
      goal("crossProcessCalls", calls["palimpsest"]!, { atMost: 1 }),
      goal("crossProcessCallsHolderKilled", callsKilled, { atMost: 2 }),
      goal("stalledRedisColdMs", stalledOurs.coldMs, { atMost: 40 }),
      goal("stalledRedisHotMs", stalledOurs.hotMs, { atMost: 1 }),
      goal("batch100VsMget", embeddings["palimpsest"]! / embeddings["mgetByHand"]!, {
        atMost: 1.5,
      }),
      goal("embeddingBytes", embedding["palimpsest"]!, { atMost: 6_200 }),
    ],
    peers: {
      hitNanoseconds: mapValues(hits, ({ nanoseconds }) => nanoseconds),
      hitBytes: mapValues(hits, ({ bytes }) => bytes),
      failingCalls: mapValues(failing, ({ calls: made }) => made),
      failingOriginalRejections: mapValues(failing, ({ rejections }) => rejections),
      failingMs: mapValues(failing, ({ ms }) => ms),
      crossProcessCalls: calls,
      stalledColdMs: mapValues(stalled, ({ coldMs }) => coldMs),
      stalledLaterMs: mapValues(stalled, ({ laterMs }) => laterMs),
      stalledHotMs: mapValues(stalled, ({ hotMs }) => hotMs),
      refusedColdMs: mapValues(refused, ({ coldMs }) => coldMs),
      batch100EmbeddingsUs: embeddings,
      batch100ObjectsUs: objects,
      embeddingBytes: embedding,
      keyOf64KiB: await keyCost(),
    },
    machine: machine(),
    notes,
  };
}
