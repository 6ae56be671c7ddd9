import { randomUUID } from "node:crypto";
import type { VectorRecord } from "@palimpsest/core";
import { openChroma } from "@palimpsest/drivers/chroma";
import type { Collection } from "chromadb";
import { goal, type Goal, interleave, median } from "../report.ts";
import type { Dataset, Sample } from "../store/dataset.ts";
import { chromaClient, type Places } from "./places.ts";

const batch = 250;
const rounds = 14;

export interface ChromaOutcome {
  readonly goal: Goal;
  /** Medians in records per second. */
  readonly addedPerSecond: Readonly<Record<string, number>>;
}

/** The driver's upsert of new entries beside the client's `add`. */
export async function chromaGoal(place: Places["chroma"], data: Dataset): Promise<ChromaOutcome> {
  const client = chromaClient(place);
  const engine = await openChroma({ client, name: "ours" });
  const vectors = await engine.openVectors({ dimension: data.dimension, modelId: "given" });
  const [raw, unchecked] = [await collection(client, "raw"), await collection(client, "unchecked")];
  const samples = data.samples(batch * (rounds + 1), "entry");
  const part = (round: number): Sample[] => samples.slice((round + 1) * batch, (round + 2) * batch);
  const operations = {
    raw: (round: number) => addChecked(raw, part(round)),
    ours: (round: number) => vectors.upsert(part(round).map(recordOf)),
    unchecked: (round: number) => add(unchecked, part(round)),
  };
  // Once for nothing: a collection's first batch sets its index up.
  await interleave(
    1,
    mapValues(operations, (operation) => () => operation(-1)),
  );
  const times = await interleave(rounds, operations);
  await engine.close();
  const ratios = times.ours.map((ours, i) => times.raw[i]! / ours);
  return {
    goal: goal("chromaAddVsRaw", median(ratios), { atLeast: 0.9 }),
    addedPerSecond: mapValues(times, (all) => Math.round((batch / median(all)) * 1000)),
  };
}

function collection(client: ReturnType<typeof chromaClient>, name: string): Promise<Collection> {
  // As the driver creates its own.
  const hnsw = {
    space: "cosine",
    ef_construction: 200,
    ef_search: 200,
    max_neighbors: 24,
  } as const;
  return client.createCollection({ name, configuration: { hnsw }, embeddingFunction: null });
}

function recordOf({ id, vector }: Sample): VectorRecord {
  return { scope: "", id, revision: { epoch: 0, counter: 1 }, vector, metadata: {} };
}

/** @returns the version given to each entry */
async function add(into: Collection, samples: readonly Sample[]): Promise<string[]> {
  const versions = samples.map(() => `0.1.${randomUUID()}`);
  await into.add({
    ids: samples.map(({ id }) => id),
    embeddings: samples.map(({ vector }) => Array.from(vector)),
    metadatas: versions.map((version) => ({ scope: "", version })),
  });
  return versions;
}

/**
 * The same guarantee by hand. `add` says nothing of an id that is taken and leaves it as it was, so
 * which entries are this write's own has to be asked, by the way that Chroma answers fastest.
 */
async function addChecked(into: Collection, samples: readonly Sample[]): Promise<void> {
  const versions = await add(into, samples);
  const { ids } = await into.get({ where: { version: { $in: versions } }, include: [] });
  if (ids.length !== samples.length) throw new Error("an entry was taken in an empty collection");
}

function mapValues<Name extends string, T, U>(
  object: Readonly<Record<Name, T>>,
  map: (value: T) => U,
): Record<Name, U> {
  const entries = Object.entries(object) as [Name, T][];
  return Object.fromEntries(entries.map(([name, value]) => [name, map(value)])) as Record<Name, U>;
}
