import type { Filter, Metric } from "@palimpsest/core";
import type { VectorTable } from "./vector-tables.ts";

/** What both kinds of query share; plain data, because it may travel to the worker thread. */
interface QueryRestriction {
  /** undefined searches all scopes. */
  readonly scopeNo: number | undefined;
  readonly k: number;
  readonly filter: Filter | undefined;
  /** Numbers of the only documents allowed. */
  readonly documents: readonly number[] | undefined;
}

export interface VectorRequest extends QueryRestriction {
  readonly kind: "vector";
  readonly table: VectorTable;
  readonly vector: Float32Array;
  readonly metric: Metric;
}

export interface LexicalRequest extends QueryRestriction {
  readonly kind: "lexical";
  /** Distinct terms in the form in which they are indexed. */
  readonly terms: readonly string[];
}

export type QueryRequest = VectorRequest | LexicalRequest;
