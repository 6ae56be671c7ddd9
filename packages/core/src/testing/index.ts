export type { ContractException } from "./contract.ts";
export type { DocumentStoreFixture } from "./document-context.ts";
export {
  describeDocumentStoreContract,
  type DocumentStoreContractOptions,
} from "./document-store-contract.ts";
export {
  describeEmbedderContract,
  type EmbedderContractOptions,
  type EmbedderFixture,
} from "./embedder-contract.ts";
export type { KeyValueStoreContractOptions, KeyValueStoreFixture } from "./key-value-context.ts";
export { describeKeyValueStoreContract } from "./key-value-contract.ts";
export {
  describeLexicalIndexContract,
  type LexicalIndexContractOptions,
  type LexicalIndexFixture,
} from "./lexical-contract.ts";
export { TestClock } from "./test-clock.ts";
export type { VectorIndexContractOptions, VectorIndexFixture } from "./vector-context.ts";
export { describeVectorIndexContract } from "./vector-contract.ts";
