export type { ContractException } from "./contract.ts";
export type { DocumentStoreFixture } from "./document-context.ts";
export {
  describeDocumentStoreContract,
  type DocumentStoreContractOptions,
} from "./document-store-contract.ts";
export { TestClock } from "./test-clock.ts";
