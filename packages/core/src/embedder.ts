import type { JsonObject } from "./json.ts";

/** Corpus figures that may sharpen a query vector; never used for documents, whose vectors stay deterministic. */
export interface CorpusStatistics {
  /** Number of documents in the corpus. */
  readonly documents: number;
  /** Documents that contain the term; terms as `tokenize` yields them, absent ones are 0. */
  readonly frequencies: ReadonlyMap<string, number>;
}

export interface EmbedOptions {
  readonly kind: "document" | "query";
  /** Read on the query side only. */
  readonly statistics?: CorpusStatistics;
  readonly signal?: AbortSignal;
}

/** Turns texts into vectors of one dimension. */
export interface Embedder {
  /** Names the model and every option that changes its vectors; two equal ids give comparable vectors. */
  readonly modelId: string;
  readonly dimension: number;
  /** What a store records to reopen with the same embedder: driver name and options, never keys. */
  readonly settings: { readonly driver: string } & JsonObject;
  /** One vector per text, in order. @throws `E_EMBEDDING_FAILED` */
  embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]>;
}
