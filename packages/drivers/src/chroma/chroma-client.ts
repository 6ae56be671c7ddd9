/** What Chroma keeps beside a vector: scalars by name, never null. */
export type ChromaMetadata = Record<string, string | number | boolean>;

type Operand = string | number | boolean;

/** The part of Chroma's filter language that this driver writes. */
export type ChromaWhere =
  | { [key: string]: { $eq: Operand } | { $ne: Operand } }
  | { [key: string]: { $in: Operand[] } | { $nin: Operand[] } }
  | { $and: ChromaWhere[] }
  | { $or: ChromaWhere[] };

type Row = Record<string, unknown> | null;

/** The part of a `Collection` of the package `chromadb` that this driver uses. */
export interface ChromaCollection {
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly configuration: {
    hnsw?: { space?: string | null; ef_search?: number | null } | null;
  };
  add(args: {
    ids: string[];
    embeddings: number[][];
    metadatas: ChromaMetadata[];
  }): Promise<unknown>;
  get(args: {
    ids?: string[];
    where?: ChromaWhere;
    limit?: number;
    offset?: number;
    include: "metadatas"[];
  }): Promise<{ readonly ids: readonly string[]; readonly metadatas: readonly Row[] }>;
  query(args: {
    queryEmbeddings: number[][];
    nResults: number;
    ids?: string[];
    where?: ChromaWhere;
    include: ("metadatas" | "distances")[];
  }): Promise<{
    readonly ids: readonly (readonly string[])[];
    readonly distances: readonly (readonly (number | null)[])[];
    readonly metadatas: readonly (readonly Row[])[];
  }>;
  delete(args: { ids: string[] } | { where: ChromaWhere }): Promise<unknown>;
  count(): Promise<number>;
}

/** The part of a `ChromaClient` of the package `chromadb` that this driver uses. */
export interface ChromaClientLike {
  getCollection(args: { name: string }): Promise<ChromaCollection>;
  listCollections(args: { limit: number; offset: number }): Promise<ChromaCollection[]>;
  createCollection(args: {
    name: string;
    configuration: { hnsw: HnswOptions };
    metadata: ChromaMetadata;
    embeddingFunction: null;
  }): Promise<ChromaCollection>;
  deleteCollection(args: { name: string }): Promise<void>;
  getMaxBatchSize(): Promise<number>;
}

interface HnswOptions {
  readonly space: "cosine" | "l2" | "ip";
  readonly ef_construction: number;
  readonly ef_search: number;
  readonly max_neighbors: number;
}
