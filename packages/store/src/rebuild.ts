import {
  compareRevisions,
  describeKey,
  type DocumentKey,
  isPalimpsestError,
  type IndexEntry,
  PalimpsestError,
  type Revision,
  type StoredDocument,
  throwIfAborted,
  type VectorIndex,
} from "@palimpsest/core";
import { entriesOf } from "./divergence.ts";
import type { Embedding } from "./embedding.ts";
import { isIndexable } from "./indexer.ts";
import { withSignal } from "./inputs.ts";
import { keyString } from "./key-string.ts";
import { messageOf } from "./outbox-drain.ts";
import { pages } from "./pages.ts";
import type { Parts } from "./parts.ts";

/** An index that is being filled beside the one in use. */
export interface Rebuilding {
  readonly vectors: VectorIndex;
  readonly embedding: Embedding;
  /** Texts per embedding call. */
  readonly batchSize: number;
  readonly signal?: AbortSignal;
  /** Told after each batch: documents looked at in this pass, and those embedded in it. */
  readonly onBatch?: (looked: number, embedded: number) => void;
}

/** What one pass over all documents did. */
export interface PassStats {
  /** Live documents with a text. */
  documents: number;
  embedded: number;
  /** Found in the new index at their present revision. */
  skipped: number;
  /** Entries that no document backs any more. */
  removed: number;
}

const documentsPerWindow = 250;

/** Brings a new index to the documents' state, by comparing revisions: what is there already costs nothing. */
export class Rebuild {
  readonly #parts: Parts;
  readonly #index: Rebuilding;
  readonly #failed = new Map<string, { readonly key: DocumentKey; readonly error: string }>();

  constructor(parts: Parts, index: Rebuilding) {
    this.#parts = parts;
    this.#index = index;
  }

  /** Documents that the new model could not embed although it embeds others. */
  get failed(): readonly { readonly key: DocumentKey; readonly error: string }[] {
    return [...this.#failed.values()];
  }

  async pass(): Promise<PassStats> {
    const { signal, onBatch } = this.#index;
    const stats: PassStats = { documents: 0, embedded: 0, skipped: 0, removed: 0 };
    const selection = { allScopes: true as const, ...withSignal(signal) };
    let after: DocumentKey | undefined;
    this.#failed.clear();
    const read = (from: { readonly after?: DocumentKey }) =>
      this.#parts.documents.scan({ ...selection, ...from, limit: documentsPerWindow });
    for await (const page of pages(read)) {
      const window = { selector: { allScopes: true as const }, after, upTo: page.next, signal };
      const entries = new Map<string, IndexEntry>();
      for await (const some of entriesOf((options) => this.#index.vectors.scan(options), window)) {
        for (const entry of some) entries.set(keyString(entry), entry);
      }
      await this.#bring(page.documents, entries, stats, (embedded) =>
        onBatch?.(stats.documents, stats.embedded + embedded),
      );
      after = page.next;
    }
    return stats;
  }

  /** The same for these keys only, whatever the index holds of them. @returns how many were embedded */
  async catchUp(keys: readonly DocumentKey[]): Promise<number> {
    const documents = await this.#parts.documents.get(keys, withSignal(this.#index.signal));
    const gone = keys.filter((_, i) => !isIndexable(documents[i]));
    if (gone.length > 0) await this.#index.vectors.delete(gone);
    return this.#embed(documents.filter(isIndexable), () => undefined);
  }

  async #bring(
    documents: readonly StoredDocument[],
    entries: Map<string, IndexEntry>,
    stats: PassStats,
    onBatch: (embedded: number) => void,
  ): Promise<void> {
    const live = documents.filter(isIndexable);
    const behind: StoredDocument[] = [];
    const ahead: DocumentKey[] = [];
    for (const document of live) {
      const entry = entries.get(keyString(document));
      entries.delete(keyString(document));
      const order = entry && compareRevisions(entry.revision as Revision, document.revision);
      if (order === 0) continue;
      behind.push(document);
      if (order !== undefined && order > 0) ahead.push({ scope: document.scope, id: document.id });
    }
    const strangers = [...entries.values()].map(({ scope, id }) => ({ scope, id }));
    const removed = [...strangers, ...ahead];
    if (removed.length > 0) await this.#index.vectors.delete(removed);
    stats.documents += live.length;
    stats.skipped += live.length - behind.length;
    stats.removed += strangers.length;
    stats.embedded += await this.#embed(behind, onBatch);
  }

  /** @param onBatch - told how many of these are embedded by then */
  async #embed(
    documents: readonly StoredDocument[],
    onBatch: (embedded: number) => void,
  ): Promise<number> {
    const { batchSize } = this.#index;
    let embedded = 0;
    for (let from = 0; from < documents.length; from += batchSize) {
      embedded += await this.#batch(documents.slice(from, from + batchSize), false);
      onBatch(embedded);
    }
    if (documents.length === 0) onBatch(0);
    return embedded;
  }

  async #batch(documents: readonly StoredDocument[], probed: boolean): Promise<number> {
    const { embedding, vectors, signal } = this.#index;
    throwIfAborted(signal);
    let made: Float32Array[];
    try {
      made = await embedding.documents(
        documents.map(({ text }) => text),
        signal,
      );
    } catch (error) {
      if (isPalimpsestError(error, "E_ABORTED")) throw error;
      // The model answers to another text, so the fault is in one of these.
      if (!probed) await this.#probe(error);
      return this.#isolate(documents, error);
    }
    await vectors.upsert(
      documents.map(({ scope, id, revision, metadata }, i) => ({
        scope,
        id,
        revision,
        metadata,
        vector: made[i] as Float32Array,
      })),
      withSignal(signal),
    );
    return documents.length;
  }

  async #probe(error: unknown): Promise<void> {
    await this.#index.embedding.documents(["palimpsest"], this.#index.signal).catch(() => {
      throw error;
    });
  }

  async #isolate(documents: readonly StoredDocument[], error: unknown): Promise<number> {
    const [first] = documents;
    if (first === undefined) return 0;
    if (documents.length === 1) {
      const key = { scope: first.scope, id: first.id };
      this.#failed.set(keyString(key), { key, error: messageOf(error) });
      return 0;
    }
    const middle = documents.length >> 1;
    return (
      (await this.#batch(documents.slice(0, middle), true)) +
      (await this.#batch(documents.slice(middle), true))
    );
  }
}

/** @throws `E_EMBEDDING_FAILED` when more documents failed than may be left to the outbox */
export function checkFailed(rebuild: Rebuild, maxFailed: number, modelId: string): void {
  const [first] = rebuild.failed;
  if (first === undefined || rebuild.failed.length <= maxFailed) return;
  throw new PalimpsestError(
    "E_EMBEDDING_FAILED",
    `${rebuild.failed.length} documents cannot be embedded by ${modelId}, e.g. ${describeKey(first.key)}: ${first.error}; ` +
      "the old index stays in use. Change them, or allow so many with maxFailed: they are then left to the outbox",
  );
}
