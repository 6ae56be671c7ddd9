import {
  type Clock,
  type DocumentStore,
  type LexicalIndex,
  noPolicy,
  systemClock,
  type VectorIndex,
} from "@palimpsest/core";
import { Embedding } from "./embedding.ts";
import type { Consistency, SemanticStoreOptions } from "./options.ts";

/** What the collaborators inside a store share. */
export interface Parts {
  readonly documents: DocumentStore;
  readonly vectors: VectorIndex;
  readonly lexical: LexicalIndex;
  readonly embedding: Embedding;
  readonly consistency: Consistency;
  /** Both indexes belong to the document store's engine and commit with the document. */
  readonly coIndexed: boolean;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

export function partsOf(options: SemanticStoreOptions): Parts {
  const { documents, vectors, lexical, embedder } = options;
  return {
    documents,
    vectors,
    lexical,
    embedding: new Embedding(embedder, options.policy ?? noPolicy),
    consistency: options.consistency ?? "strict",
    coIndexed:
      documents.capabilities.coIndexed &&
      vectors.name === documents.name &&
      lexical.name === documents.name,
    clock: options.clock ?? systemClock,
    warn: options.onWarning ?? ((message) => process.emitWarning(message, "PalimpsestWarning")),
  };
}
