import type { Clock } from "./clock.ts";
import type { DocumentStore } from "./document-store.ts";
import type { Embedder } from "./embedder.ts";
import type { KeyValueStore } from "./key-value-store.ts";
import type { LexicalIndex } from "./lexical-index.ts";
import type { Policy } from "./policy.ts";
import { createToken, type Token } from "./token.ts";
import type { TokenCounter } from "./token-counter.ts";
import type { VectorIndex } from "./vector-index.ts";

/** Container tokens of the core contracts. */
export const tokens: {
  readonly clock: Token<Clock>;
  readonly documentStore: Token<DocumentStore>;
  readonly embedder: Token<Embedder>;
  readonly keyValueStore: Token<KeyValueStore>;
  readonly lexicalIndex: Token<LexicalIndex>;
  readonly policy: Token<Policy>;
  readonly tokenCounter: Token<TokenCounter>;
  readonly vectorIndex: Token<VectorIndex>;
} = {
  clock: createToken("@palimpsest/core/clock"),
  documentStore: createToken("@palimpsest/core/document-store"),
  embedder: createToken("@palimpsest/core/embedder"),
  keyValueStore: createToken("@palimpsest/core/key-value-store"),
  lexicalIndex: createToken("@palimpsest/core/lexical-index"),
  policy: createToken("@palimpsest/core/policy"),
  tokenCounter: createToken("@palimpsest/core/token-counter"),
  vectorIndex: createToken("@palimpsest/core/vector-index"),
};
