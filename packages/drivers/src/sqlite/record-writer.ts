import {
  compareRevisions,
  describeKey,
  PalimpsestError,
  type Revision,
  type SealedDocument,
} from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { type Row, revisionOf } from "./document-rows.ts";
import { indexedTerms, type LexicalEntries, type LexicalOwner } from "./lexical-entries.ts";
import type { LogCleaner } from "./log-cleaner.ts";
import { state } from "./schema.ts";
import type { Scopes } from "./scopes.ts";
import type { VectorEntries } from "./vector-entries.ts";
import type { VectorTable } from "./vector-tables.ts";
import type { CheckedVector } from "../shared/vector-settings.ts";

/** A record ready to be written: everything that can be computed before the transaction. */
export interface PreparedRecord {
  readonly sealed: SealedDocument;
  /** Terms of the text; undefined when it is not indexed. */
  readonly terms: readonly string[] | undefined;
  readonly vector: CheckedVector | undefined;
}

export function prepareRecord(
  sealed: SealedDocument,
  vector: CheckedVector | undefined,
): PreparedRecord {
  const indexed = !sealed.deleted && sealed.text !== "";
  return {
    sealed,
    terms: indexed ? indexedTerms(sealed.text) : undefined,
    vector: indexed ? vector : undefined,
  };
}

/** What the file holds under a key before a write; `row` is undefined when it never held anything. */
export interface Slot {
  readonly scopeNo: number;
  readonly row: Row | undefined;
}

/** Where the vectors of a write go. */
export interface IndexTarget {
  readonly table: VectorTable | undefined;
  /** Another engine's index: every record asks for its work there. */
  readonly elsewhere: boolean;
}

export interface RecordWriterParts {
  readonly connection: Connection;
  readonly scopes: Scopes;
  readonly lexical: LexicalEntries;
  readonly vectors: VectorEntries;
  readonly cleaner: LogCleaner;
}

/** Replaces one record with its index entries. Every method belongs into a write transaction. */
export class RecordWriter {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #lexical: LexicalEntries;
  readonly #vectors: VectorEntries;
  readonly #cleaner: LogCleaner;

  constructor(parts: RecordWriterParts) {
    this.#connection = parts.connection;
    this.#scopes = parts.scopes;
    this.#lexical = parts.lexical;
    this.#vectors = parts.vectors;
    this.#cleaner = parts.cleaner;
  }

  find(key: { readonly scope: string; readonly id: string }): Slot {
    const scopeNo = this.#scopes.ensure(key.scope);
    const row = this.#connection
      .prepare(
        `SELECT no, state, epoch, counter, terms, digest, timestamp, id, metadata, text
          FROM documents WHERE scope_no = ? AND id = ?`,
      )
      .get(scopeNo, key.id);
    return { scopeNo, row };
  }

  /**
   * @param now when a missing vector is asked for, epoch milliseconds
   * @param target where the record's vector goes
   */
  write(
    slot: Slot,
    record: PreparedRecord,
    revision: Revision,
    now: number,
    { table = "vectors", elsewhere }: IndexTarget,
  ): void {
    const { row, scopeNo } = slot;
    const wasLive = row?.["state"] === state.live;
    if (wasLive === record.sealed.deleted) this.#scopes.add(scopeNo, "live", wasLive ? -1 : 1);
    const no =
      row === undefined
        ? this.#insert(scopeNo, record, revision)
        : this.#update(slot, row, record, revision);
    if (record.terms !== undefined) this.#lexical.add(no, scopeNo, record.terms);
    if (record.vector !== undefined) this.#vectors.add(table, no, scopeNo, revision, record.vector);
    if (elsewhere || (record.terms !== undefined && record.vector === undefined))
      this.askForVector(no, revision, now);
    else if (row !== undefined) this.#withdraw(no);
  }

  #insert(scopeNo: number, { sealed, terms }: PreparedRecord, revision: Revision): number {
    const { lastInsertRowid } = this.#connection
      .prepare(
        `INSERT INTO documents (scope_no, id, state, epoch, counter, timestamp, terms, digest, metadata, text)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        scopeNo,
        sealed.id,
        sealed.deleted ? state.deleted : state.live,
        revision.epoch,
        revision.counter,
        sealed.timestamp,
        terms?.length ?? null,
        Buffer.from(sealed.digest, "hex"),
        sealed.metadataJson,
        sealed.text,
      );
    return Number(lastInsertRowid);
  }

  #update(slot: Slot, row: Row, { sealed, terms }: PreparedRecord, revision: Revision): number {
    const no = row["no"] as number;
    this.#cleaner.mark();
    this.#lexical.remove(lexicalOwner(slot.scopeNo, row));
    this.#vectors.removeAll(no, slot.scopeNo);
    this.#connection
      .prepare(
        `UPDATE documents SET state = ?, epoch = ?, counter = ?, timestamp = ?, terms = ?, digest = ?,
          metadata = ?, text = ? WHERE no = ?`,
      )
      .run(
        sealed.deleted ? state.deleted : state.live,
        revision.epoch,
        revision.counter,
        sealed.timestamp,
        terms?.length ?? null,
        Buffer.from(sealed.digest, "hex"),
        sealed.metadataJson,
        sealed.text,
        no,
      );
    return no;
  }

  /**
   * Queues index work, due at once and out of quarantine. A lease on the id stays with its owner, who
   * settles no more than it claimed: `queued_at` is later than before on any clock.
   */
  askForVector(no: number, revision: Revision, now: number): void {
    this.#connection
      .prepare(
        `INSERT INTO outbox (document_no, epoch, counter, queued_at, due_at) VALUES (?1, ?2, ?3, ?4, ?4)
          ON CONFLICT (document_no) DO UPDATE SET epoch = excluded.epoch, counter = excluded.counter,
          attempts = 0, queued_at = max(excluded.queued_at, outbox.queued_at + 1), due_at = excluded.due_at,
          quarantined = 0, error = NULL`,
      )
      .run(no, revision.epoch, revision.counter, now);
  }

  /** What was queued is about a text that is gone, and the new one is indexed already. */
  #withdraw(no: number): void {
    this.#connection.prepare("DELETE FROM outbox WHERE document_no = ?").run(no);
  }
}

export function lexicalOwner(scopeNo: number, row: Row): LexicalOwner {
  return {
    no: row["no"] as number,
    scopeNo,
    terms: row["terms"] as number | null,
    text: row["text"] as string,
  };
}

/** The slot's record; a stray entry is none. */
export function recordOf(slot: Slot): Row | undefined {
  return slot.row?.["state"] === state.stray ? undefined : slot.row;
}

/**
 * The revision that follows the slot's, counting on over tombstones.
 * @throws `E_FENCED` when the record has a higher epoch
 */
export function nextRevision(
  slot: Slot,
  epoch: number,
  key: { scope: string; id: string },
): Revision {
  const row = recordOf(slot);
  if (row === undefined) return { epoch, counter: 1 };
  const current = revisionOf(row);
  if (current.epoch > epoch) {
    throw new PalimpsestError(
      "E_FENCED",
      `${describeKey(key)} was written under epoch ${current.epoch}, this write carries ${epoch}; read the fence again`,
    );
  }
  return { epoch, counter: current.counter + 1 };
}

/** @throws `E_REVISION_COLLISION` when the slot has the same revision with another digest */
export function isNewer(slot: Slot, revision: Revision, sealed: SealedDocument): boolean {
  const row = recordOf(slot);
  if (row === undefined) return true;
  const order = compareRevisions(revision, revisionOf(row));
  if (order === 0 && Buffer.from(row["digest"] as Uint8Array).toString("hex") !== sealed.digest) {
    throw new PalimpsestError(
      "E_REVISION_COLLISION",
      `${describeKey(sealed)} has revision ${revision.epoch}.${revision.counter} with other content; find out who writes past the contract`,
    );
  }
  return order > 0;
}
