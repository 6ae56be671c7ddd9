import { installPeers, type Peer } from "../peers-folder.ts";
import { type BenchReport, interleave, machine, median } from "../report.ts";
import { Dataset } from "../store/dataset.ts";
import { chromaGoal } from "./chroma-goal.ts";
import { ConnectionWatch } from "./connection-watch.ts";
import { enginePeers } from "./engine-peers.ts";
import { eventualGoal } from "./eventual-goal.ts";
import { mongodbGoal } from "./mongodb-goal.ts";
import { openPlaces, type Places } from "./places.ts";
import { postgresGoals } from "./postgres-goals.ts";
import { type EngineUrls, engineUrls, rerunUnderEngines } from "./rerun-under-engines.ts";

const dimension = 384;
const documents = 4_000;
const batch = 250;
const queries = 60;
const k = 10;

const notes: readonly string[] = [
  "raw: the engine's own client by hand, with the same guarantees (revision guard, fence, result per item)",
  "chromaRecordsPerSecond: unchecked is the client's add alone, which does not tell of an id that was taken",
  "palimpsest stores keep documents, terms and vectors, strict; the peers keep text and vector, unguarded",
  "PostgreSQL: HNSW (m 16, ef_construction 64) filled while writing, ef_search 160 for all",
  "mem0: its vector stores alone, no Memory; connectionsElsewhere counts connections but to the engines",
  "MongoDB: the server is what the address names; npm run engines starts an implementation in memory",
];

/** Drivers beside raw clients, and stores of this project beside others, on real engines. */
export async function driversBench(): Promise<BenchReport> {
  const urls = engineUrls();
  if (urls === undefined) return rerunUnderEngines();
  installPeers();
  await using places = await openPlaces(urls);
  return await measure(urls, places);
}

async function measure(urls: EngineUrls, places: Places): Promise<BenchReport> {
  const data = new Dataset({ dimension });
  console.error("PostgreSQL beside raw statements …");
  const postgres = await postgresGoals(places.postgres, data);
  console.error("Chroma beside its client …");
  const chroma = await chromaGoal(places.chroma, data);
  console.error("MongoDB beside its client …");
  const mongodb = await mongodbGoal(places.mongodb, data);
  console.error("eventual inserts …");
  const eventual = await eventualGoal(places, data);
  console.error("other stores …");
  const peers = await besidePeers(urls, places, data);
  return {
    name: "drivers",
    goals: [...postgres, chroma.goal, mongodb, eventual],
    peers: { ...peers, chromaRecordsPerSecond: chroma.addedPerSecond },
    machine: machine(),
    notes,
  };
}

async function besidePeers(
  urls: EngineUrls,
  places: Places,
  data: Dataset,
): Promise<BenchReport["peers"]> {
  const watch = new ConnectionWatch(Object.values(urls));
  const opened: Record<string, Peer> = {};
  for (const [name, open] of Object.entries(enginePeers)) {
    opened[name] = await open(places, dimension);
  }
  const samples = data.samples(documents);
  const written = await interleave(
    documents / batch,
    mapValues(opened, (peer) => (round: number) => {
      return peer.ingest(samples.slice(round * batch, (round + 1) * batch));
    }),
  );
  const asked = Array.from({ length: queries }, () => data.vector());
  const searched = await interleave(
    queries,
    mapValues(opened, (peer) => (round: number) => peer.search(asked[round]!, k)),
  );
  await Promise.all(Object.values(opened).map((peer) => peer.close()));
  const figures = mapValues(opened, (_, name) => ({
    documentsPerSecond: Math.round((batch / median(written[name]!)) * 1000),
    searchP50Ms: Math.round(median(searched[name]!) * 100) / 100,
  }));
  return { ...figures, network: { connectionsElsewhere: watch.stop() } };
}

function mapValues<T, U>(
  object: Readonly<Record<string, T>>,
  map: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, map(value, name)]),
  );
}
