import type {
  CorpusStatistics,
  IndexHit,
  IndexPage,
  IndexScanOptions,
  LexicalIndex,
  VectorIndex,
} from "@palimpsest/core";

/** v1 has vector search only: nothing is kept, and the consistency check sees the vectors on both sides. */
export class VectorOnlyLexical implements LexicalIndex {
  readonly name: string = "none";
  readonly #vectors: VectorIndex;

  constructor(vectors: VectorIndex) {
    this.#vectors = vectors;
  }

  compiles(): boolean {
    return false;
  }

  async upsert(): Promise<void> {}

  async delete(): Promise<void> {}

  async query(): Promise<IndexHit[]> {
    return [];
  }

  async documentFrequency(): Promise<CorpusStatistics> {
    return { documents: 0, frequencies: new Map() };
  }

  scan(options: IndexScanOptions): Promise<IndexPage> {
    return this.#vectors.scan(options);
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
