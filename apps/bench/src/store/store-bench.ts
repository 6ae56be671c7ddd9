import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "@palimpsest/drivers/sqlite";
import { installPeers, type Peer } from "../peers-folder.ts";
import {
  type BenchReport,
  goal,
  type Goal,
  interleave,
  machine,
  median,
  quantile,
  time,
} from "../report.ts";
import { Dataset, type Sample } from "./dataset.ts";
import { residentBytes } from "./memory-use.ts";
import { batchSize, ingest, openStore } from "./open-store.ts";
import { peers } from "./peers.ts";
import { BareVec0, rawIngest, readyRow } from "./raw-sqlite.ts";

const documents = 20_000;
const dimension = 384;
const scopes = 100;
const k = 10;
const queries = 60;

/** Ingest, search, size and memory of a store over SQLite, beside raw SQLite and three peers. */
export async function storeBench(): Promise<BenchReport> {
  installPeers();
  const folder = mkdtempSync(join(tmpdir(), "palimpsest-bench-"));
  try {
    return await measure(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string): Promise<BenchReport> {
  const data = new Dataset({ dimension });
  const samples = data.samples(documents);

  console.error("ingest beside raw statements …");
  const written = await ingestGoal(folder, samples);
  console.error("search beside bare vec0 …");
  const found = await searchGoals(folder, samples, data);
  console.error("memory …");
  const resident = await residentGoal(folder, samples, data);
  console.error("peers …");
  const beside = await besidePeers(folder, samples, data);
  return {
    name: "store",
    goals: [written, ...found, resident],
    peers: beside,
    machine: machine(),
  };
}

async function ingestGoal(folder: string, samples: readonly Sample[]) {
  const batches = chunk(samples.map(readyRow), batchSize);
  const rounds = 3;
  const created = await Promise.all(
    Array.from({ length: rounds }, (_, round) => createEmpty(join(folder, `raw-${round}.db`))),
  );
  const times = await interleave(rounds, {
    raw: (round) => rawIngest(created[round]!, batches),
    ours: async (round) => {
      const { store, close } = await openStore(join(folder, `ours-${round}.db`), dimension);
      await ingest(store, samples);
      await close();
    },
  });
  const ratios = times.ours.map((ours, i) => times.raw[i]! / ours);
  return goal("sqliteIngestVsRaw", median(ratios), { atLeast: 0.75 });
}

async function createEmpty(path: string): Promise<string> {
  const engine = await openSqlite({ path });
  await engine.close();
  return path;
}

async function searchGoals(folder: string, samples: readonly Sample[], data: Dataset) {
  const wholePath = join(folder, "ours-0.db");
  const scopedPath = join(folder, "scoped.db");
  await fill(scopedPath, samples, (i) => `tenant-${i % scopes}`);
  const textBytes = samples.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const bytes = (statSync(scopedPath).size - textBytes) / samples.length;

  const openMs = await medianOf(5, async () => {
    const opened = await openStore(wholePath, dimension);
    await opened.close();
  });
  const whole = await openStore(wholePath, dimension);
  const scoped = await openStore(scopedPath, dimension);
  const bare = new BareVec0(join(folder, "vec0.db"), samples);
  const vectors = Array.from({ length: queries }, () => data.vector());
  const texts = vectors.map(() => data.query());
  const times = await interleave(queries, {
    bare: (i) => bare.query(vectors[i]!, k),
    whole: (i) => whole.store.search("", { vector: vectors[i]!, mode: "vector", k }),
    scoped: (i) =>
      scoped.store.search("", {
        vector: vectors[i]!,
        mode: "vector",
        k,
        scope: `tenant-${i % scopes}`,
      }),
    hybrid: (i) => whole.store.search(texts[i]!, { vector: vectors[i]!, k }),
  });
  bare.close();
  await whole.close();
  await scoped.close();
  return [
    goal("sqliteSearchVsRaw", median(times.whole) / median(times.bare), { atMost: 1.3 }),
    goal("scopedVsWhole", median(times.scoped) / median(times.whole), { atMost: 0.15 }),
    goal("bytesPerDocument100Scopes", bytes, { atMost: 4096 }),
    goal("hybridVsVector", quantile(times.hybrid, 0.95) / quantile(times.bare, 0.95), {
      atMost: 2,
    }),
    goal("openMs", openMs, { atMost: 300 }),
  ];
}

async function residentGoal(
  folder: string,
  samples: readonly Sample[],
  data: Dataset,
): Promise<Goal> {
  const more = data.samples(documents, "more");
  const small = join(folder, "ours-1.db");
  const large = join(folder, "ours-2.db");
  await fill(large, more);
  const grown = Array.from(
    { length: 3 },
    () => residentBytes(large, dimension) - residentBytes(small, dimension),
  );
  const textBytes = more.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  return goal("rssBytesPerDocument", (median(grown) - textBytes) / samples.length, {
    atMost: 1024,
  });
}

async function fill(
  path: string,
  samples: readonly Sample[],
  scopeOf?: (i: number) => string,
): Promise<void> {
  const { store, close } = await openStore(path, dimension);
  await ingest(store, samples, scopeOf);
  await close();
}

/** Our own store in the peers' shape, so that it takes its turns among them. */
async function asPeer(path: string): Promise<Peer> {
  const { store, close } = await openStore(path, dimension);
  return {
    ingest: (samples) => ingest(store, samples),
    search: async (vector, limit) => {
      const hits = await store.search("", { vector, mode: "vector", k: limit });
      return hits.map(({ id }) => id);
    },
    close,
  };
}

async function besidePeers(folder: string, samples: readonly Sample[], data: Dataset) {
  const opened: Record<string, Peer> = {
    palimpsestSqlite: await asPeer(join(folder, "beside.db")),
  };
  for (const [name, open] of Object.entries(peers)) {
    opened[name] = await open(join(folder, name));
  }
  const batches = chunk(samples, batchSize);
  const ingested = await interleave(
    1,
    mapValues(opened, (peer) => async () => {
      for (const batch of batches) await peer.ingest(batch);
    }),
  );
  const searched = await interleave(
    queries,
    mapValues(opened, (peer) => () => peer.search(data.vector(), k)),
  );
  await Promise.all(Object.values(opened).map((peer) => peer.close()));
  return mapValues(opened, (_, name) => ({
    ingestPerSecond: Math.round((samples.length / median(ingested[name]!)) * 1000),
    searchP50Ms: round(median(searched[name]!)),
  }));
}

async function medianOf(rounds: number, operation: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await time(operation));
  return median(times);
}

function mapValues<T, U>(
  object: Readonly<Record<string, T>>,
  map: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, map(value, name)]),
  );
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
