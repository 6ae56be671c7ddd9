import type { KeyValueStore } from "../key-value-store.ts";
import type { ContractCase, ContractException } from "./contract.ts";
import type { TestClock } from "./test-clock.ts";

/** A fresh, empty key-value store as a driver's test provides it. */
export interface KeyValueStoreFixture {
  readonly store: KeyValueStore;
  /** Lets `ms` milliseconds pass; for an engine with a clock of its own. The default moves `clock`. */
  readonly pass?: (ms: number) => Promise<void>;
  /** Called after each test. The default closes the store. */
  readonly dispose?: () => Promise<void>;
}

export interface KeyValueStoreContractOptions {
  /** Opens an empty store that takes its time from `clock`. Called once per test. */
  readonly create: (context: { readonly clock: TestClock }) => Promise<KeyValueStoreFixture>;
  readonly exceptions?: readonly ContractException[];
}

export interface KeyValueStoreContext {
  readonly store: KeyValueStore;
  readonly pass: (ms: number) => Promise<void>;
}

export type KeyValueStoreCase = ContractCase<KeyValueStoreContext>;
