import { randomUUID } from "node:crypto";
import { DualStoreManager } from "@palimpsest/compat-v1/dual-store";
import { HashEmbedder } from "@palimpsest/embedders/hash";
import { MongoClient } from "mongodb";
import { type BenchReport, goal, machine, median, time } from "../report.ts";
import { type Engines, openEngines } from "./own-engines.ts";

const inserts = 1_000;
const rounds = 3;
/** v1 awaited its queue with every insert, and the queue flushed a lone entry once a second. */
const derivedV1Milliseconds = inserts * 1_000;

/** Serial inserts through the older interface, on MongoDB and Chroma, beside what v1's queue allowed. */
export async function compatBench(): Promise<BenchReport> {
  await using engines = await openEngines();
  const resolved: number[] = [];
  const indexed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    console.error(`${inserts} serial inserts, ${round + 1} of ${rounds} …`);
    const { insertMs, flushMs } = await serialInserts(engines);
    resolved.push(insertMs);
    indexed.push(insertMs + flushMs);
  }
  const untilIndexed = median(indexed);
  return {
    name: "compat",
    // v1's insert resolved when the vector was there, so the wait for it counts here as well.
    goals: [goal("serialInsertSpeedup", derivedV1Milliseconds / untilIndexed, { atLeast: 50 })],
    peers: {
      "DualStoreManager here": {
        inserts,
        resolvedMs: Math.round(median(resolved)),
        indexedMs: Math.round(untilIndexed),
      },
      "v1 (derived: 1,000 × 1 s, not measured)": { inserts, indexedMs: derivedV1Milliseconds },
    },
    machine: machine(),
  };
}

async function serialInserts({
  mongoUrl,
  chromaUrl,
}: Engines): Promise<{ insertMs: number; flushMs: number }> {
  const name = `bench_${randomUUID().slice(0, 8)}`;
  const manager = await DualStoreManager.create(name, "text", "timestamp", {
    env: {},
    agentName: "palimpsest",
    databaseName: `palimpsest_${name}`,
    mongoUri: mongoUrl,
    chromaUrl,
    embedder: new HashEmbedder({ dimension: 384 }),
  });
  try {
    const insertMs = await time(async () => {
      for (let i = 0; i < inserts; i++) {
        await manager.insert({ text: `Retro note ${i} costs more than planned.`, timestamp: i });
      }
    });
    const flushMs = await time(() => manager.flush());
    const { missingVectors } = await manager.getConsistencyReport(inserts);
    if (missingVectors > 0) throw new Error(`${missingVectors} of ${inserts} vectors are missing`);
    return { insertMs, flushMs };
  } finally {
    await manager.purge({ confirm: manager.name });
    await manager.close();
    await dropDatabase(mongoUrl, `palimpsest_${name}`);
  }
}

/** The revisions beside the purged family, which are only the benchmark's. */
async function dropDatabase(url: string, name: string): Promise<void> {
  await using client = new MongoClient(url);
  await client.db(name).dropDatabase();
}
