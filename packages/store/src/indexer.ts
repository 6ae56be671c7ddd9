import {
  type CallOptions,
  compareRevisions,
  type DocumentKey,
  type StoredDocument,
} from "@palimpsest/core";
import { requireActive } from "./active-model.ts";
import { withDeadline } from "./deadline.ts";
import type { GivenVectors } from "./given-vectors.ts";
import { messageOf } from "./outbox-drain.ts";
import type { Parts } from "./parts.ts";

const entriesPerCall = 512;

/** A document as it was when its index entries were written. */
export interface IndexState {
  readonly key: DocumentKey;
  /** Undefined when no record, not even a tombstone, has the key. */
  readonly document: StoredDocument | undefined;
}

export interface IndexOutcome {
  /** Entries written. */
  readonly indexed: number;
  /** Keys whose entries were removed. */
  readonly removed: number;
  /** Documents that changed meanwhile and were queued again. */
  readonly requeued: number;
}

/** Makes both indexes say what the documents say. Knows nothing of leases and retries. */
export class Indexer {
  readonly #parts: Parts;
  readonly #given: GivenVectors;

  constructor(parts: Parts, given: GivenVectors) {
    this.#parts = parts;
    this.#given = given;
  }

  /** The present state of each key, tombstones included. */
  async read(keys: readonly DocumentKey[], signal?: AbortSignal): Promise<IndexState[]> {
    const documents = await this.#parts.documents.get(keys, {
      includeDeleted: true,
      ...(signal && { signal }),
    });
    return keys.map(({ scope, id }, i) => ({ key: { scope, id }, document: documents[i] }));
  }

  /** @throws whatever the embedder or an index throws; entries may then be written in part */
  async index(states: readonly IndexState[], signal?: AbortSignal): Promise<IndexOutcome> {
    const live: StoredDocument[] = [];
    const gone: DocumentKey[] = [];
    for (const { key, document } of states) {
      if (isIndexable(document)) live.push(document);
      else gone.push(key);
    }
    const index = { ...this.#parts };
    const vectors = await this.#vectorsOf(index, live, signal);
    const write = async (): Promise<void> => {
      await this.#upsert(index, live, vectors);
      await this.#delete(index, gone);
    };
    const requeued = await this.#thenLook(write, () => this.#requeueMoved(states));
    await requireActive(index);
    for (const { document } of states) if (document) this.#given.forget(document);
    return { indexed: live.length, removed: gone.length, requeued };
  }

  /** A write that fails may have landed in part, over a newer revision's entry: so `look` in any case. */
  async #thenLook<T>(write: () => Promise<void>, look: () => Promise<T>): Promise<T> {
    try {
      await write();
    } catch (error) {
      await look().catch((cause: unknown) => {
        this.#parts.warn(`an index entry may be old, run \`repair\`: ${messageOf(cause)}`);
      });
      throw error;
    }
    return look();
  }

  async #upsert(
    index: Parts,
    live: readonly StoredDocument[],
    vectors: readonly Float32Array[],
  ): Promise<void> {
    if (live.length === 0) return;
    const records = live.map(({ scope, id, revision, metadata }, i) => ({
      scope,
      id,
      revision,
      metadata,
      vector: vectors[i] as Float32Array,
    }));
    await this.#perCall(index, records, (part, call) => index.vectors.upsert(part, call));
    await index.lexical.upsert(
      live.map(({ scope, id, revision, metadata, text }) => ({
        scope,
        id,
        revision,
        metadata,
        text,
      })),
    );
  }

  /** One embedding call for all texts that came without a vector. */
  async #vectorsOf(
    { embedding }: Parts,
    live: readonly StoredDocument[],
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    if (live.length === 0) return [];
    const vectors = live.map((document) => this.#given.get(document));
    const texts = live.filter((_, i) => vectors[i] === undefined).map(({ text }) => text);
    const embedded = (await embedding.documents(texts, signal)).values();
    return vectors.map((vector) => vector ?? (embedded.next().value as Float32Array));
  }

  /** The vector index may be a server that hangs: each call has a deadline, and what lands late is queued again. */
  async #perCall<R extends DocumentKey>(
    index: Parts,
    records: readonly R[],
    call: (part: readonly R[], options: CallOptions) => Promise<void>,
  ): Promise<void> {
    const what = `vector index ${index.vectors.name}`;
    for (let from = 0; from < records.length; from += entriesPerCall) {
      const part = records.slice(from, from + entriesPerCall);
      const keys = part.map(({ scope, id }) => ({ scope, id }));
      await withDeadline(
        what,
        index.indexTimeoutMs,
        (signal) => call(part, { signal }),
        () => index.documents.outbox.enqueue(keys),
      );
    }
  }

  /** Deletes entries that no document backs. One that came back meanwhile is queued: its new entry may be gone too. */
  async removeOrphans(keys: readonly DocumentKey[]): Promise<void> {
    await this.#thenLook(
      () => this.#delete({ ...this.#parts }, keys),
      async () => {
        const now = await this.read(keys);
        await this.#enqueue(now.filter(({ document }) => isIndexable(document)));
      },
    );
  }

  async #delete(index: Parts, keys: readonly DocumentKey[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#perCall(index, keys, (part, call) => index.vectors.delete(part, call));
    await index.lexical.delete(keys);
  }

  /**
   * An index write can land after that of a newer revision (a delete carries no revision at all),
   * whose own outbox entry may be settled by then: so look again, and queue what moved.
   */
  async #requeueMoved(states: readonly IndexState[]): Promise<number> {
    const now = await this.read(states.map(({ key }) => key));
    const moved = now.filter(({ document }, i) => !sameRevision(document, states[i]?.document));
    if (moved.length === 0) return 0;
    // A tombstone that was compacted away leaves nothing to queue.
    const vanished = moved.filter(({ document }) => document === undefined);
    if (vanished.length > 0) await this.removeOrphans(vanished.map(({ key }) => key));
    await this.#enqueue(moved.filter(({ document }) => document !== undefined));
    return moved.length;
  }

  async #enqueue(states: readonly IndexState[]): Promise<void> {
    if (states.length === 0) return;
    await this.#parts.documents.outbox.enqueue(states.map(({ key }) => key));
  }
}

/** Whether the indexes should hold the document; an empty text is stored only. */
export function isIndexable<T extends Pick<StoredDocument, "deleted" | "text">>(
  document: T | undefined,
): document is T {
  return document !== undefined && !document.deleted && document.text !== "";
}

function sameRevision(a: StoredDocument | undefined, b: StoredDocument | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return compareRevisions(a.revision, b.revision) === 0;
}
