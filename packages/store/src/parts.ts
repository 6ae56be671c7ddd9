import {
  type Clock,
  type DocumentStore,
  type Embedder,
  type LexicalIndex,
  noPolicy,
  PalimpsestError,
  type Policy,
  systemClock,
  type VectorIndex,
} from "@palimpsest/core";
import { Embedding } from "./embedding.ts";
import type { Consistency, SemanticStoreOptions } from "./options.ts";

/** The vector index and what fills it: replaced together, in one step, when the store is re-embedded. */
export interface IndexParts {
  vectors: VectorIndex;
  embedding: Embedding;
  /** Both indexes belong to the document store's engine and commit with the document. */
  coIndexed: boolean;
}

/** What the collaborators inside a store share. A copy (`{ ...parts }`) keeps one index for a whole job. */
export interface Parts extends IndexParts {
  readonly documents: DocumentStore;
  readonly lexical: LexicalIndex;
  readonly policy: Policy;
  readonly consistency: Consistency;
  readonly maxBacklog: number;
  readonly indexTimeoutMs: number;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

export function partsOf(options: SemanticStoreOptions): Parts {
  const { documents, vectors, lexical, embedder, policy = noPolicy } = options;
  return {
    documents,
    lexical,
    policy,
    ...indexPartsOf({ documents, lexical, policy }, vectors, embedder),
    consistency: options.consistency ?? "strict",
    maxBacklog: positive(options.maxBacklog ?? 100_000, "maxBacklog"),
    indexTimeoutMs: positive(options.indexTimeoutMs ?? 30_000, "indexTimeoutMs"),
    clock: options.clock ?? systemClock,
    warn: options.onWarning ?? ((message) => process.emitWarning(message, "PalimpsestWarning")),
  };
}

export function indexPartsOf(
  { documents, lexical, policy }: Pick<Parts, "documents" | "lexical" | "policy">,
  vectors: VectorIndex,
  embedder: Embedder,
): IndexParts {
  const { commitGroup, capabilities } = documents;
  const coIndexed =
    capabilities.coIndexed &&
    commitGroup !== undefined &&
    vectors.commitGroup === commitGroup &&
    lexical.commitGroup === commitGroup;
  return { vectors, embedding: new Embedding(embedder, policy), coIndexed };
}

function positive(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `${name} must be a whole number above 0, got ${value}`,
  );
}
