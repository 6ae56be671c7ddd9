import type { VectorEngine, VectorIndexOptions } from "../engine.ts";
import type { VectorIndex } from "../vector-index.ts";
import type { ContractCase, ContractException } from "./contract.ts";

/** A fresh, empty vector index as a driver's test provides it. */
export interface VectorIndexFixture {
  readonly index: VectorIndex;
  /** The engine that opened it; with it the suite also tests indexes of several models side by side. */
  readonly engine?: VectorEngine;
  /** Closes the index and opens the same data, possibly with other options, which must then be refused. */
  readonly reopen?: (options: VectorIndexOptions) => Promise<VectorIndex>;
  /** Called after each test. The default closes the index. */
  readonly dispose?: () => Promise<void>;
}

export interface VectorIndexContractOptions {
  /** Opens an empty index with these options. Called once per test. */
  readonly create: (options: VectorIndexOptions) => Promise<VectorIndexFixture>;
  readonly exceptions?: readonly ContractException[];
}

export interface VectorIndexContext extends VectorIndexFixture {
  /** What `index` was opened with. */
  readonly opened: VectorIndexOptions;
  /** Another fresh index. */
  readonly create: VectorIndexContractOptions["create"];
}

export type VectorIndexCase = ContractCase<VectorIndexContext>;
