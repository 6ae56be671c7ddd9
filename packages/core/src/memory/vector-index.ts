import type { DocumentKey } from "../document.ts";
import { PalimpsestError, throwIfAborted } from "../errors.ts";
import { type Filter, matchesFilter } from "../filter.ts";
import type { JsonObject } from "../json.ts";
import { parseJsonText } from "../json-text.ts";
import type { CallOptions } from "../key-value-store.ts";
import { compareRevisions, type Revision } from "../revision.ts";
import { canonicalJson, checkKey, describeKey } from "../seal.ts";
import type {
  IndexHit,
  IndexPage,
  IndexRestriction,
  IndexScanOptions,
  Metric,
  VectorIndex,
  VectorIndexDescription,
  VectorRecord,
} from "../vector-index.ts";
import { KeyMap } from "./key-map.ts";
import { compareHits, pageOf, restricted } from "./restriction.ts";
import { norm, score } from "./score.ts";
import { checkCount } from "./selection.ts";
import { top } from "./top.ts";

interface Entry {
  readonly revision: Revision;
  readonly vector: Float32Array;
  readonly norm: number;
  readonly metadata: JsonObject;
}

export interface MemoryVectorIndexOptions {
  readonly dimension: number;
  readonly modelId: string;
  /** @defaultValue `"cosine"` */
  readonly metric?: Metric;
}

/** Exact nearest neighbours by comparing with every vector of the scope. */
export class MemoryVectorIndex implements VectorIndex {
  readonly name: string = "memory";
  readonly #dimension: number;
  readonly #modelId: string;
  readonly #metric: Metric;
  #entries = new KeyMap<Entry>();
  #closed = false;

  constructor({ dimension, modelId, metric = "cosine" }: MemoryVectorIndexOptions) {
    checkCount(dimension, "dimension", 1);
    this.#dimension = dimension;
    this.#modelId = modelId;
    this.#metric = metric;
  }

  /** The same entries under another handle: closing one leaves the others working. */
  handle(): MemoryVectorIndex {
    const options = { dimension: this.#dimension, modelId: this.#modelId, metric: this.#metric };
    const handle = new MemoryVectorIndex(options);
    handle.#entries = this.#entries;
    return handle;
  }

  compiles(_filter: Filter): boolean {
    return true;
  }

  async upsert(records: readonly VectorRecord[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    const entries = records.map((record) => [record, this.#toEntry(record)] as const);
    for (const [{ scope, id }, entry] of entries) {
      const present = this.#entries.get({ scope, id });
      if (present && compareRevisions(entry.revision, present.revision) < 0) continue;
      this.#entries.set({ scope, id }, entry);
    }
  }

  #toEntry(record: VectorRecord): Entry {
    checkKey(record);
    const length = this.#checkVector(record.vector, `the vector of ${describeKey(record)}`);
    return {
      revision: { ...record.revision },
      vector: record.vector.slice(),
      norm: length,
      metadata: parseJsonText(canonicalJson(record.metadata)) as JsonObject,
    };
  }

  async delete(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    for (const key of keys) checkKey(key);
    for (const key of keys) this.#entries.delete(key);
  }

  async query(
    options: IndexRestriction & { readonly vector: Float32Array; readonly k: number },
  ): Promise<IndexHit[]> {
    this.#enter(options);
    checkCount(options.k, "k", 0);
    const length = this.#checkVector(options.vector, "the query vector");
    return top(this.#hits(options, length), options.k, compareHits);
  }

  *#hits(
    options: IndexRestriction & { readonly vector: Float32Array },
    length: number,
  ): Generator<IndexHit> {
    const query = { vector: options.vector, norm: length };
    for (const [{ scope, id }, entry] of restricted(this.#entries, options, matchesMetadata)) {
      const revision = { ...entry.revision };
      yield { scope, id, revision, score: score(this.#metric, query, entry) };
    }
  }

  async scan(options: IndexScanOptions): Promise<IndexPage> {
    this.#enter(options);
    return pageOf(this.#entries, options);
  }

  async describe(options: CallOptions = {}): Promise<VectorIndexDescription> {
    this.#enter(options);
    return {
      dimension: this.#dimension,
      metric: this.#metric,
      count: this.#entries.size(undefined),
      modelId: this.#modelId,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @returns the vector's length */
  #checkVector(vector: Float32Array, what: string): number {
    if (!(vector instanceof Float32Array)) {
      throw new PalimpsestError("E_INVALID_INPUT", `${what} must be a Float32Array`);
    }
    if (vector.length !== this.#dimension) {
      throw new PalimpsestError(
        "E_DIMENSION_MISMATCH",
        `${what} has ${vector.length} dimensions, the index has ${this.#dimension}; use the embedder that built the index`,
      );
    }
    if (!vector.every(Number.isFinite)) {
      throw new PalimpsestError("E_INVALID_INPUT", `${what} holds NaN or Infinity`);
    }
    const length = norm(vector);
    if (this.#metric === "ip" && Math.abs(length - 1) > 1e-3) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `${what} has length ${length}; metric "ip" takes unit vectors only, normalise it or use "cosine"`,
      );
    }
    return length;
  }

  #enter(options: CallOptions): void {
    if (this.#closed) {
      throw new PalimpsestError("E_CLOSED", "the memory vector index was closed; open a new one");
    }
    throwIfAborted(options.signal);
  }
}

function matchesMetadata(filter: Filter, entry: Entry): boolean {
  return matchesFilter(filter, entry.metadata);
}
