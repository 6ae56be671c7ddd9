import {
  type JsonObject,
  parseJsonText,
  type Revision,
  type SealedDocument,
  type StoredDocument,
} from "@palimpsest/core";
import { encodeKey } from "./key-codec.ts";

/** Open index work, inside the document so that one atomic operation writes both. */
export interface StoredWork {
  readonly state: "pending" | "quarantined";
  readonly queuedAt: number;
  readonly dueAt: number;
  readonly attempts: number;
  readonly error?: string;
  readonly owner?: string;
  /** The lease's end, epoch milliseconds. */
  readonly until?: number;
  /** Asked for again since it was claimed, so its holder's work does not settle it. */
  readonly again?: boolean;
  /** Names the claim that took the lease, so that it can read back what it got. */
  readonly claim?: string;
}

/** A document or tombstone as the collection holds it. */
export interface StoredRecord {
  readonly _id: string;
  readonly scope: string;
  readonly id: string;
  readonly text: string;
  /**
   * RFC 8785 text. BSON would not give back what was written: it reorders no keys but has its own
   * numbers, and servers restrict keys with dots and `$`.
   */
  readonly metadata: string;
  readonly timestamp: number;
  readonly deleted: boolean;
  readonly digest: string;
  readonly epoch: number;
  readonly counter: number;
  /** This or an earlier revision had text, so an index may hold an entry. */
  readonly indexed: boolean;
  readonly work?: StoredWork;
}

/** What decides over a write: the record without its content. */
export type RecordHead = Pick<StoredRecord, "epoch" | "counter" | "deleted" | "indexed" | "digest">;

export const headFields = {
  epoch: 1,
  counter: 1,
  deleted: 1,
  indexed: 1,
  digest: 1,
} as const;

export const storedFields = { indexed: 0, work: 0 } as const;

export function toStored(record: Omit<StoredRecord, "indexed" | "work">): StoredDocument {
  const { scope, id, text, timestamp, deleted, digest, epoch, counter } = record;
  const metadata = parseMetadata(record.metadata);
  return { scope, id, text, metadata, timestamp, revision: { epoch, counter }, deleted, digest };
}

export function parseMetadata(json: string): JsonObject {
  return parseJsonText(json) as JsonObject;
}

/** What a store reports for a record that it has just written. */
export function reported(sealed: SealedDocument, revision: Revision): StoredDocument {
  const { metadataJson: _, ...document } = sealed;
  return { ...document, revision };
}

/** A record's content, without its revision. */
export type RecordContent = Omit<StoredRecord, "_id" | "epoch" | "counter" | "work">;

export function contentOf(sealed: SealedDocument, head: RecordHead | undefined): RecordContent {
  const { scope, id, text, timestamp, deleted, digest } = sealed;
  const indexed = text !== "" || head?.indexed === true;
  return { scope, id, text, metadata: sealed.metadataJson, timestamp, deleted, digest, indexed };
}

/** The record of a key that has none yet. */
export function newRecord(
  sealed: SealedDocument,
  { epoch, counter }: Revision,
  now: number,
): StoredRecord {
  const content = contentOf(sealed, undefined);
  const work = content.indexed && { work: freshWork(now) };
  return { _id: encodeKey(sealed), ...content, epoch, counter, ...work };
}

function freshWork(now: number): Pick<StoredWork, "state" | "queuedAt" | "dueAt" | "attempts"> {
  return { state: "pending", queuedAt: now, dueAt: now, attempts: 0 };
}

/** Queues index work, due at once and out of quarantine; a lease on the id stays with its owner. */
export function workFields(now: number): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(freshWork(now)).map(([name, value]) => [`work.${name}`, value]),
  );
}
