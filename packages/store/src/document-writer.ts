import {
  type CallOptions,
  type Document,
  type DocumentInput,
  type DocumentKey,
  type PutItem,
  sealDocument,
  type StoredDocument,
  throwIfAborted,
  type WriteItem,
  type WriteOptions,
  type WriteResult,
} from "@palimpsest/core";
import { Backlog } from "./backlog.ts";
import type { GivenVectors } from "./given-vectors.ts";
import { toDocument, withSignal } from "./inputs.ts";
import type { Parts } from "./parts.ts";
import type { WriteGate } from "./write-gate.ts";
import type { WriteIndexing } from "./write-indexing.ts";

type Vectors = (Float32Array | undefined)[];

/** One batch of writes: validated, embedded where the engine commits vectors, written, indexed. */
export class DocumentWriter {
  readonly #parts: Parts;
  readonly #indexing: WriteIndexing;
  readonly #given: GivenVectors;
  readonly #gate: WriteGate;
  readonly #backlog: Backlog;

  constructor(parts: Parts, indexing: WriteIndexing, given: GivenVectors, gate: WriteGate) {
    this.#parts = parts;
    this.#indexing = indexing;
    this.#given = given;
    this.#gate = gate;
    this.#backlog = new Backlog(parts);
  }

  /** @param condition - as `ifRevision`, the same for every item */
  async put(
    inputs: readonly DocumentInput[],
    condition: Pick<PutItem, "ifRevision">,
    options: CallOptions = {},
  ): Promise<WriteResult[]> {
    if (inputs.length === 0) return [];
    const now = this.#parts.clock.now();
    const documents = inputs.map((input) => toDocument(input, now));
    await this.#backlog.admit(documents.length);
    return this.#gate.pass(documents, () => this.#put(inputs, documents, condition, options));
  }

  async #put(
    inputs: readonly DocumentInput[],
    documents: readonly Document[],
    condition: Pick<PutItem, "ifRevision">,
    options: CallOptions,
  ): Promise<WriteResult[]> {
    const vectors = this.#givenVectors(inputs);
    const failure = this.#parts.coIndexed
      ? await this.#embedMissing(documents, vectors, options.signal)
      : undefined;
    const results = await this.#parts.documents.write(
      documents.map((document, i) => this.#putItem(document, vectors[i], condition)),
      { ...this.#writeOptions(options.signal), modelId: this.#parts.embedding.embedder.modelId },
    );
    await this.#index(results, vectors, failure);
    return results;
  }

  async delete(items: readonly WriteItem[], options: CallOptions = {}): Promise<WriteResult[]> {
    if (items.length === 0) return [];
    await this.#backlog.admit(items.length);
    const keys = items.map((item) => (item.type === "put" ? item.document : item.key));
    return this.#gate.pass(keys, async () => {
      const results = await this.#parts.documents.write(items, this.#writeOptions(options.signal));
      await this.#index(results, [], undefined);
      return results;
    });
  }

  #writeOptions(signal: AbortSignal | undefined): WriteOptions {
    return { ...withSignal(signal), ...(!this.#parts.coIndexed && { indexElsewhere: true }) };
  }

  #putItem(
    document: Document,
    vector: Float32Array | undefined,
    condition: Pick<PutItem, "ifRevision">,
  ): WriteItem {
    return this.#parts.coIndexed && vector !== undefined && document.text !== ""
      ? { type: "put", document, vector, ...condition }
      : { type: "put", document, ...condition };
  }

  #givenVectors(inputs: readonly DocumentInput[]): Vectors {
    return inputs.map(({ vector }, i) => {
      if (vector !== undefined) this.#parts.embedding.check(vector, `vector of input ${i}`);
      return vector;
    });
  }

  /** Fills in the vectors that the engine will commit. @returns why that was not possible */
  async #embedMissing(
    documents: readonly Document[],
    vectors: Vectors,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly cause: unknown } | undefined> {
    const missing: number[] = [];
    for (let i = 0; i < documents.length; i++) {
      if (vectors[i] === undefined && documents[i]?.text !== "") missing.push(i);
    }
    if (missing.length === 0) return undefined;
    // Nothing invalid may cost an embedding call; without one, the driver's own check is early enough.
    for (const document of documents) sealDocument(document);
    try {
      const texts = missing.map((i) => (documents[i] as Document).text);
      const embedded = await this.#parts.embedding.documents(texts, signal);
      for (const [j, i] of missing.entries()) vectors[i] = embedded[j];
      return undefined;
    } catch (cause) {
      throwIfAborted(signal);
      return { cause };
    }
  }

  async #index(
    results: readonly WriteResult[],
    vectors: Vectors,
    failure: { readonly cause: unknown } | undefined,
  ): Promise<void> {
    if (this.#parts.coIndexed) {
      if (failure !== undefined) this.#reportUnindexed(results, vectors, failure.cause);
      return;
    }
    const written: StoredDocument[] = [];
    for (const [i, result] of results.entries()) {
      if (result.status !== "written") continue;
      written.push(result.stored);
      const vector = vectors[i];
      if (vector !== undefined) this.#given.remember(result.stored, vector);
    }
    await this.#queueWhatTheEngineDidNot(written);
    await this.#indexing.settle(written);
  }

  /** A co-indexing engine beside foreign indexes leaves no entry for what it removed itself. */
  async #queueWhatTheEngineDidNot(written: readonly StoredDocument[]): Promise<void> {
    const { documents } = this.#parts;
    const { coIndexed, indexElsewhere } = documents.capabilities;
    if (!coIndexed || indexElsewhere) return;
    const keys: DocumentKey[] = written
      .filter(({ deleted, text }) => deleted || text === "")
      .map(({ scope, id }) => ({ scope, id }));
    if (keys.length > 0) await documents.outbox.enqueue(keys);
  }

  #reportUnindexed(results: readonly WriteResult[], vectors: Vectors, cause: unknown): void {
    const unindexed = results.filter(
      (result, i) =>
        result.status === "written" && result.stored.text !== "" && vectors[i] === undefined,
    ).length;
    if (unindexed === 0) return;
    if (this.#parts.consistency === "strict") throw this.#indexing.failed(cause, unindexed);
    this.#indexing.deferred(cause, unindexed);
  }
}
