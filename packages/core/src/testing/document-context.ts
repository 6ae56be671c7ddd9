import type { DocumentStore } from "../document-store.ts";
import type { StorageEngine } from "../engine.ts";
import type { ContractCase } from "./contract.ts";
import type { TestClock } from "./test-clock.ts";

/** A fresh, empty document store as a driver's test provides it. */
export interface DocumentStoreFixture {
  readonly store: DocumentStore;
  /** The engine that the store belongs to; needed when it is `coIndexed`, to read its index entries. */
  readonly engine?: StorageEngine;
  /** Closes the store and opens the same data again, for engines that keep it. */
  readonly reopen?: () => Promise<DocumentStore>;
  /** Called after each test, when the store may be closed already. The default closes store and engine. */
  readonly dispose?: () => Promise<void>;
}

export interface DocumentStoreContext extends DocumentStoreFixture {
  readonly clock: TestClock;
}

export type DocumentStoreCase = ContractCase<DocumentStoreContext>;
