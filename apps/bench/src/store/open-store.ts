import type { Embedder } from "@palimpsest/core";
import { openSqlite } from "@palimpsest/drivers/sqlite";
import { SemanticStore } from "@palimpsest/store";
import type { Sample } from "./dataset.ts";

/** Every vector of the benchmark is given, so the embedder must never be asked. */
export function givenVectors(dimension: number): Embedder {
  return {
    modelId: `given:${dimension}`,
    dimension,
    settings: { driver: "given" },
    embed: () => Promise.reject(new Error("the benchmark gives all vectors")),
  };
}

export interface OpenStore {
  readonly store: SemanticStore;
  close(): Promise<void>;
}

/** Our whole path: engine, vector index, semantic store. */
export async function openStore(path: string, dimension: number): Promise<OpenStore> {
  const engine = await openSqlite({ path });
  const embedder = givenVectors(dimension);
  const vectors = await engine.openVectors({ dimension, modelId: embedder.modelId });
  const { documents, lexical } = engine;
  const store = await SemanticStore.open({ documents, lexical, vectors, embedder });
  return {
    store,
    async close() {
      await store.close();
      await engine.close();
    },
  };
}

export const batchSize = 500;

/** @param scopeOf which scope the i-th sample belongs to */
export async function ingest(
  store: SemanticStore,
  samples: readonly Sample[],
  scopeOf: (i: number) => string = () => "",
): Promise<void> {
  for (let start = 0; start < samples.length; start += batchSize) {
    const batch = samples
      .slice(start, start + batchSize)
      .map(({ id, text, vector }, i) => ({ id, text, vector, scope: scopeOf(start + i) }));
    await store.upsertMany(batch);
  }
}
