import { PalimpsestError } from "@palimpsest/core";
import type { LegacyChromaCollection } from "./chroma-collection.ts";

/** The part of a `ChromaClient` of the package `chromadb` that is used. */
export interface LegacyChromaClient {
  getCollection(args: { name: string }): Promise<unknown>;
  createCollection(args: {
    name: string;
    configuration: { hnsw: { space: "l2" } };
    embeddingFunction: null;
  }): Promise<unknown>;
}

/** @returns undefined when there is none */
export async function findCollection(
  client: LegacyChromaClient,
  name: string,
): Promise<LegacyChromaCollection | undefined> {
  try {
    // By name only: the embedding function that v1 recorded is known to no client.
    return (await client.getCollection({ name })) as LegacyChromaCollection;
  } catch (error) {
    if (error instanceof Error && error.name === "ChromaNotFoundError") return undefined;
    throw error;
  }
}

/** A collection that is made at the first write, in the space that v1's had. */
export class ComingCollection implements LegacyChromaCollection {
  readonly name: string;
  readonly #client: LegacyChromaClient;
  #found: LegacyChromaCollection | undefined;

  constructor(client: LegacyChromaClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  async add(records: Parameters<LegacyChromaCollection["add"]>[0]): Promise<unknown> {
    return (await this.#made()).add(records);
  }

  async upsert(records: Parameters<LegacyChromaCollection["add"]>[0]): Promise<unknown> {
    const collection = await this.#made();
    return collection.upsert ? collection.upsert(records) : collection.add(records);
  }

  async get(
    args: Parameters<LegacyChromaCollection["get"]>[0],
  ): ReturnType<LegacyChromaCollection["get"]> {
    const collection = await this.#find();
    return collection === undefined ? { ids: [] } : collection.get(args);
  }

  async query(
    args: Parameters<LegacyChromaCollection["query"]>[0],
  ): ReturnType<LegacyChromaCollection["query"]> {
    const collection = await this.#find();
    return collection === undefined ? { ids: [[]] } : collection.query(args);
  }

  async delete(args: { ids: string[] }): Promise<unknown> {
    return (await this.#find())?.delete?.(args);
  }

  async count(): Promise<number> {
    return (await (await this.#find())?.count?.()) ?? 0;
  }

  async #find(): Promise<LegacyChromaCollection | undefined> {
    this.#found ??= await findCollection(this.#client, this.name);
    return this.#found;
  }

  async #made(): Promise<LegacyChromaCollection> {
    const present = await this.#find();
    if (present !== undefined) return present;
    try {
      this.#found = (await this.#client.createCollection({
        name: this.name,
        configuration: { hnsw: { space: "l2" } },
        embeddingFunction: null,
      })) as LegacyChromaCollection;
      return this.#found;
    } catch (error) {
      const other = await this.#find();
      if (other !== undefined) return other;
      throw error;
    }
  }
}

/** Length of the collection's vectors, undefined while it has none. */
export async function dimensionOf(collection: LegacyChromaCollection): Promise<number | undefined> {
  const { embeddings } = await collection.get({ limit: 1, include: ["embeddings"] });
  return embeddings?.[0]?.length;
}

/** @throws `E_DIMENSION_MISMATCH` */
export function checkDimension(
  name: string,
  found: number | undefined,
  embedder: { readonly modelId: string; readonly dimension: number },
): void {
  if (found === undefined || found === embedder.dimension) return;
  throw new PalimpsestError(
    "E_DIMENSION_MISMATCH",
    `the collection ${name} holds vectors of ${found} dimensions, ${embedder.modelId} makes ${embedder.dimension}; use the model that it was built with`,
  );
}
