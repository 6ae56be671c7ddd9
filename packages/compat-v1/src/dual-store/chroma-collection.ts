import type { Metric } from "@palimpsest/core";

type ChromaValue = string | number | boolean;
export type ChromaRecordMetadata = Record<string, ChromaValue>;

interface Records {
  ids: string[];
  documents: string[];
  metadatas: ChromaRecordMetadata[];
  embeddings?: number[][];
}

/**
 * The part of a `Collection` of the package `chromadb` that v1 and this package use.
 * @deprecated Use `openChroma` of `@palimpsest/drivers/chroma`.
 */
export interface LegacyChromaCollection {
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
  readonly configuration?: { hnsw?: { space?: string | null } | null } | undefined;
  add(records: Records): Promise<unknown>;
  upsert?(records: Records): Promise<unknown>;
  get(args: {
    ids?: string[];
    limit?: number;
    offset?: number;
    include?: ("documents" | "metadatas" | "embeddings")[];
  }): Promise<{
    readonly ids: readonly string[];
    readonly documents?: readonly (string | null)[];
    readonly metadatas?: readonly (Record<string, unknown> | null)[];
    readonly embeddings?: readonly (readonly number[] | null)[];
  }>;
  query(args: {
    queryEmbeddings?: number[][];
    queryTexts?: string[];
    nResults: number;
    ids?: string[];
    where?: never;
    include?: ("distances" | "documents" | "metadatas")[];
  }): Promise<{
    readonly ids: readonly (readonly string[])[];
    readonly distances?: readonly (readonly (number | null)[])[];
  }>;
  delete?(args: { ids: string[] }): Promise<unknown>;
  count?(): Promise<number>;
}

/** The space that the collection's distances are in; v1 never chose one, and Chroma's own is l2. */
export function spaceOf(collection: LegacyChromaCollection): Metric {
  const space = collection.configuration?.hnsw?.space ?? collection.metadata?.["hnsw:space"];
  return space === "cosine" || space === "ip" ? space : "l2";
}

/** A score in [0, 1] from a distance as Chroma reports it: squared for l2, 1 − product otherwise. */
export function scoreOf(distance: number | null | undefined, space: Metric): number {
  if (distance === null || distance === undefined) return 0;
  if (space === "l2") return 1 / (1 + Math.sqrt(Math.max(0, distance)));
  return Math.min(1, Math.max(0, 1 - distance));
}
