import {
  type Revision,
  type SealedDocument,
  sealDocument,
  sealTombstone,
  type StoredDocument,
  type WriteItem,
  type WriteResult,
} from "@palimpsest/core";
import { keyString, reported } from "./document-rows.ts";
import {
  type CheckedRecord,
  type Condition,
  isIndexed,
  type PreparedRecord,
} from "./record-batch.ts";
import type { Written } from "./record-writer.ts";

/** @param context - `now` is the time of deletions, epoch milliseconds */
export function checkItems(
  items: readonly WriteItem[],
  context: { readonly epoch: number; readonly now: number },
): CheckedRecord[] {
  const revision = { epoch: context.epoch, counter: 1 };
  return items.map((item) => {
    const condition = conditionOf(item.ifRevision);
    const sealed =
      item.type === "put" ? sealDocument(item.document) : sealTombstone(item.key, context.now);
    const vector = item.type === "put" ? item.vector : undefined;
    return { sealed, given: givenVector(sealed, vector), condition, revision };
  });
}

/** A copy, because the caller may change the vector before the statement is sent. */
export function givenVector(
  sealed: SealedDocument,
  vector: Float32Array | undefined,
): Float32Array | undefined {
  return isIndexed(sealed) ? vector?.slice() : undefined;
}

/** No stored revision is negative, so a malformed one matches none. */
const impossible: Revision = { epoch: -1, counter: -1 };

function conditionOf(wanted: Revision | null | undefined): Condition {
  if (wanted === undefined) return "any";
  if (wanted === null) return "absent";
  const possible = Number.isSafeInteger(wanted.epoch) && Number.isSafeInteger(wanted.counter);
  return possible ? wanted : impossible;
}

/** Whether the short statement for puts will do. */
export function onlyPuts(records: readonly CheckedRecord[]): boolean {
  return records.every(({ sealed, condition }) => !sealed.deleted && typeof condition === "string");
}

/** What was not written, by position, so that its present documents can be read. */
export function resultsOf(
  batches: readonly (readonly PreparedRecord[])[],
  written: Written,
): (WriteResult | PreparedRecord)[] {
  return batches.flatMap((batch, i) =>
    batch.map((record): WriteResult | PreparedRecord => {
      const counter = written[i]?.get(keyString(record.sealed));
      if (counter === undefined) return record;
      const revision = { epoch: record.revision.epoch, counter };
      return { status: "written", stored: reported(record.sealed, revision) };
    }),
  );
}

/** @param current the live document under the record's key */
export function refusalOf(
  { sealed, condition }: PreparedRecord,
  current: StoredDocument | undefined,
): WriteResult {
  const absent =
    condition === "any" || (condition === "absent" && sealed.deleted && current === undefined);
  return absent ? { status: "absent" } : { status: "conflict", current };
}
