import {
  compareRevisions,
  describeKey,
  type DocumentKey,
  PalimpsestError,
  type Revision,
  type SealedDocument,
  sealDocument,
  sealTombstone,
  type StoredDocument,
  verifyDigest,
  type WriteItem,
} from "@palimpsest/core";
import { checkCount } from "../shared/arguments.ts";
import type { RecordHead } from "./record.ts";

/** One item of `write`, validated. */
export interface PlannedItem {
  readonly sealed: SealedDocument;
  readonly ifRevision: Revision | null | undefined;
}

/** What is to happen to a record, given its present head: a new revision, or why none. */
export type Decision =
  | { readonly revision: Revision }
  | { readonly skip: "conflict" | "absent" | "older" };

/** @param now the time of deletions, epoch milliseconds */
export function planItems(items: readonly WriteItem[], now: number): PlannedItem[] {
  return items.map((item) => ({
    sealed: item.type === "put" ? sealDocument(item.document) : sealTombstone(item.key, now),
    ifRevision: item.ifRevision,
  }));
}

/** @throws `E_FENCED` when the record has a higher epoch */
export function decideWrite(
  { sealed, ifRevision }: PlannedItem,
  head: RecordHead | undefined,
  epoch: number,
): Decision {
  const live = head?.deleted === false ? head : undefined;
  if (!allows(ifRevision, live)) return { skip: "conflict" };
  if (sealed.deleted && live === undefined) return { skip: "absent" };
  if (head !== undefined && head.epoch > epoch) throw fenced(sealed, head.epoch, epoch);
  return { revision: { epoch, counter: (head?.counter ?? 0) + 1 } };
}

function allows(wanted: Revision | null | undefined, live: RecordHead | undefined): boolean {
  if (wanted === undefined) return true;
  if (wanted === null) return live === undefined;
  return live !== undefined && compareRevisions(live, wanted) === 0;
}

function fenced(key: DocumentKey, recordEpoch: number, epoch: number): PalimpsestError {
  return new PalimpsestError(
    "E_FENCED",
    `${describeKey(key)} was written under epoch ${recordEpoch}, this write carries ${epoch}; read the fence again`,
  );
}

/** One record of `putIfNewer`, verified. */
export interface IncomingRecord {
  readonly sealed: SealedDocument;
  readonly revision: Revision;
}

export function checkedRecord(record: StoredDocument): IncomingRecord {
  const { epoch, counter } = record.revision;
  checkCount(epoch, "revision.epoch", 0);
  checkCount(counter, "revision.counter", 1);
  return { sealed: verifyDigest(record), revision: { epoch, counter } };
}

/** @throws `E_REVISION_COLLISION` for an equal revision with another digest */
export function decidePut(
  { sealed, revision }: IncomingRecord,
  head: RecordHead | undefined,
): Decision {
  if (head === undefined) return { revision };
  const order = compareRevisions(revision, head);
  if (order === 0 && head.digest !== sealed.digest) {
    throw new PalimpsestError(
      "E_REVISION_COLLISION",
      `${describeKey(sealed)} has revision ${revision.epoch}.${revision.counter} with other content; find out who writes past the contract`,
    );
  }
  return order > 0 ? { revision } : { skip: "older" };
}
