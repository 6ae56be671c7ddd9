import type { DocumentKey, StoredDocument } from "../document.ts";
import type { WriteItem, WriteResult } from "../document-store.ts";
import { PalimpsestError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { parseJsonText } from "../json-text.ts";
import { compareRevisions, type Revision } from "../revision.ts";
import {
  describeKey,
  type SealedDocument,
  sealDocument,
  sealTombstone,
  verifyDigest,
} from "../seal.ts";
import { KeyMap } from "./key-map.ts";
import { checkCount } from "./selection.ts";

export interface StoredRecord extends SealedDocument {
  readonly revision: Revision;
  /** This or an earlier revision had text, so an index may hold an entry. */
  readonly mayBeIndexed: boolean;
}

/** What a call will store, decided whole before anything is stored. */
export interface Plan<R> {
  readonly results: R[];
  readonly staged: KeyMap<StoredRecord>;
}

interface WriteContext {
  readonly records: KeyMap<StoredRecord>;
  readonly epoch: number;
  /** Epoch milliseconds, the time of deletions. */
  readonly now: number;
}

export function planWrites(items: readonly WriteItem[], context: WriteContext): Plan<WriteResult> {
  const staged = new KeyMap<StoredRecord>();
  const sealed = items.map((item) =>
    item.type === "put" ? sealDocument(item.document) : sealTombstone(item.key, context.now),
  );
  const results = sealed.map((document, i): WriteResult => {
    const current = staged.get(document) ?? context.records.get(document);
    const live = current?.deleted === false ? current : undefined;
    if (!allows(items[i]?.ifRevision, live)) {
      return { status: "conflict", current: live && toStored(live) };
    }
    if (document.deleted && !live) return { status: "absent" };
    const record = toRecord(document, nextRevision(document, current, context.epoch), current);
    staged.set(document, record);
    return { status: "written", stored: toStored(record) };
  });
  return { results, staged };
}

function allows(wanted: Revision | null | undefined, live: StoredRecord | undefined): boolean {
  if (wanted === undefined) return true;
  if (wanted === null) return live === undefined;
  return live !== undefined && compareRevisions(live.revision, wanted) === 0;
}

function nextRevision(
  key: DocumentKey,
  current: StoredRecord | undefined,
  epoch: number,
): Revision {
  if (current && epoch < current.revision.epoch) {
    throw new PalimpsestError(
      "E_FENCED",
      `${describeKey(key)} was written in epoch ${current.revision.epoch}; a write of epoch ${epoch} is too late, reopen the store`,
    );
  }
  return { epoch, counter: (current?.revision.counter ?? 0) + 1 };
}

export function planPuts(
  incoming: readonly StoredDocument[],
  records: KeyMap<StoredRecord>,
): Plan<boolean> {
  const staged = new KeyMap<StoredRecord>();
  const sealed = incoming.map((record) => ({
    document: verifyDigest(record),
    revision: checkedRevision(record),
  }));
  const results = sealed.map(({ document, revision }) => {
    const current = staged.get(document) ?? records.get(document);
    if (!isNewer(document, revision, current)) return false;
    staged.set(document, toRecord(document, revision, current));
    return true;
  });
  return { results, staged };
}

function isNewer(
  document: SealedDocument,
  revision: Revision,
  current: StoredRecord | undefined,
): boolean {
  if (!current) return true;
  const order = compareRevisions(revision, current.revision);
  if (order === 0 && document.digest !== current.digest) {
    throw new PalimpsestError(
      "E_REVISION_COLLISION",
      `${describeKey(document)} has two contents for revision ${revision.epoch}.${revision.counter}; find the writer that does not go through the store`,
    );
  }
  return order > 0;
}

function checkedRevision({ revision }: StoredDocument): Revision {
  checkCount(revision.epoch, "revision.epoch", 0);
  checkCount(revision.counter, "revision.counter", 1);
  return { epoch: revision.epoch, counter: revision.counter };
}

function toRecord(
  document: SealedDocument,
  revision: Revision,
  previous: StoredRecord | undefined,
): StoredRecord {
  const mayBeIndexed = document.text !== "" || previous?.mayBeIndexed === true;
  return { ...document, revision, mayBeIndexed };
}

/** A copy that a caller may change. */
export function toStored(record: StoredRecord): StoredDocument {
  const { scope, id, text, timestamp, deleted, digest } = record;
  return {
    scope,
    id,
    text,
    metadata: parseJsonText(record.metadataJson) as JsonObject,
    timestamp,
    revision: { ...record.revision },
    deleted,
    digest,
  };
}
