export { MemoryDocumentStore } from "./document-store.ts";
export { openMemoryEngine } from "./engine.ts";
export { MemoryKeyValueStore } from "./key-value-store.ts";
export { MemoryLexicalIndex } from "./lexical-index.ts";
export { MemoryVectorIndex, type MemoryVectorIndexOptions } from "./vector-index.ts";
