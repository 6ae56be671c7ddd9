import type {
  CallOptions,
  DocumentKey,
  Filter,
  IndexHit,
  IndexPage,
  IndexScanOptions,
  JsonObject,
  VectorIndex,
  VectorIndexDescription,
  VectorRecord,
} from "@palimpsest/core";

/** Whether a document is kept without a vector on purpose. */
export type SkipRule = (document: { readonly metadata: JsonObject }) => boolean;

/** With dual writes off nothing is indexed; with them, images only if the model takes them. */
export function skipRule(options: {
  readonly dualWriteEnabled: boolean;
  readonly supportsImages: boolean;
}): SkipRule {
  if (!options.dualWriteEnabled) return () => true;
  if (options.supportsImages) return () => false;
  return ({ metadata }) => metadata["type"] === "image";
}

/** Leaves out what is kept without a vector, whoever asks for it: a writer, the worker or a repair. */
export class SkippingVectors implements VectorIndex {
  readonly name: string;
  readonly #inner: VectorIndex;
  readonly #skips: SkipRule;

  constructor(inner: VectorIndex, skips: SkipRule) {
    this.name = inner.name;
    this.#inner = inner;
    this.#skips = skips;
  }

  get commitGroup(): object {
    return this.#inner.commitGroup ?? this;
  }

  compiles(filter: Filter): boolean {
    return this.#inner.compiles(filter);
  }

  async upsert(records: readonly VectorRecord[], options?: CallOptions): Promise<void> {
    const kept = records.filter((record) => !this.#skips(record));
    if (kept.length > 0) await this.#inner.upsert(kept, options);
  }

  delete(keys: readonly DocumentKey[], options?: CallOptions): Promise<void> {
    return this.#inner.delete(keys, options);
  }

  query(options: Parameters<VectorIndex["query"]>[0]): Promise<IndexHit[]> {
    return this.#inner.query(options);
  }

  scan(options: IndexScanOptions): Promise<IndexPage> {
    return this.#inner.scan(options);
  }

  describe(options?: CallOptions): Promise<VectorIndexDescription> {
    return this.#inner.describe(options);
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
