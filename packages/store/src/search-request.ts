import {
  type Filter,
  parseFilter,
  PalimpsestError,
  type ScopeSelector,
  type SearchMode,
  type SearchOptions,
} from "@palimpsest/core";
import type { Embedding } from "./embedding.ts";
import { toSelector } from "./inputs.ts";

/** A search that passed the edge. */
export interface SearchRequest {
  readonly query: string;
  readonly k: number;
  readonly mode: SearchMode;
  readonly selector: ScopeSelector;
  readonly filter: Filter | undefined;
  readonly vector: Float32Array | undefined;
  readonly signal: AbortSignal | undefined;
}

const modes = new Set<unknown>(["hybrid", "vector", "lexical"]);
const largestK = 1000;

/** @throws `E_INVALID_INPUT`, `E_DIMENSION_MISMATCH` naming the option */
export function parseSearch(
  query: string,
  options: SearchOptions,
  embedding: Embedding,
): SearchRequest {
  const { k = 10, mode = "hybrid", vector, filter, signal } = options;
  if (typeof query !== "string") throw invalid(`query must be a string, got ${typeof query}`);
  if (!Number.isInteger(k) || k < 0 || k > largestK) {
    throw invalid(`k must be a whole number from 0 to ${largestK}, got ${String(k)}`);
  }
  if (!modes.has(mode)) {
    throw invalid(`mode must be hybrid, vector or lexical, got ${JSON.stringify(mode)}`);
  }
  if (vector !== undefined) embedding.check(vector, "the query vector");
  return {
    query: query.toWellFormed(),
    k,
    mode,
    selector: toSelector(options),
    filter: filter === undefined ? undefined : parseFilter(filter),
    vector,
    signal,
  };
}

function invalid(message: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", message);
}
