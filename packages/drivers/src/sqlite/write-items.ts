import {
  compareRevisions,
  type DocumentKey,
  type Revision,
  sealDocument,
  sealTombstone,
  type WriteItem,
  type WriteResult,
} from "@palimpsest/core";
import { reported, type Row, revisionOf, toStored } from "./document-rows.ts";
import {
  nextRevision,
  prepareRecord,
  type PreparedRecord,
  recordOf,
  type RecordWriter,
  type IndexTarget,
} from "./record-writer.ts";
import { state } from "./schema.ts";
import { type CheckedVector, detached } from "../shared/vector-settings.ts";

/** One item of `write`, validated and ready. */
export interface PlannedItem extends PreparedRecord {
  readonly ifRevision: Revision | null | undefined;
}

/** @param now the time of deletions, epoch milliseconds */
export function planItems(
  items: readonly WriteItem[],
  now: number,
  checkVector: (vector: Float32Array, key: DocumentKey) => CheckedVector | undefined,
): PlannedItem[] {
  return items.map((item) => {
    if (item.type === "delete") {
      return {
        ...prepareRecord(sealTombstone(item.key, now), undefined),
        ifRevision: item.ifRevision,
      };
    }
    const sealed = sealDocument(item.document);
    const vector = item.vector && checkVector(item.vector, sealed);
    return { ...prepareRecord(sealed, vector), ifRevision: item.ifRevision };
  });
}

/** Independent of what the caller does next. */
export function detachedItem(item: PlannedItem): PlannedItem {
  return { ...item, vector: item.vector && detached(item.vector) };
}

/** Belongs into a write transaction. */
export function writeItem(
  writer: RecordWriter,
  item: PlannedItem,
  epoch: number,
  now: number,
  target: IndexTarget,
): WriteResult {
  const { sealed } = item;
  const slot = writer.find(sealed);
  const row = recordOf(slot);
  const live = row?.["state"] === state.live ? row : undefined;
  if (!allows(item.ifRevision, live)) {
    return { status: "conflict", current: live && toStored(live, sealed.scope) };
  }
  if (sealed.deleted && live === undefined) return { status: "absent" };
  const revision = nextRevision(slot, epoch, sealed);
  writer.write(slot, item, revision, now, target);
  return { status: "written", stored: reported(sealed, revision) };
}

function allows(wanted: Revision | null | undefined, live: Row | undefined): boolean {
  if (wanted === undefined) return true;
  if (wanted === null) return live === undefined;
  return live !== undefined && compareRevisions(revisionOf(live), wanted) === 0;
}
