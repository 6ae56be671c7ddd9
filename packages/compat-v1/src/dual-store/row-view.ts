import { compareRevisions, type Revision, type StoredDocument } from "@palimpsest/core";
import { type FamilyKeys, type LegacyRow, readRow, rowTime, toStored } from "./legacy-row.ts";
import { firstTime } from "./timestamp.ts";

/** The one document that all rows of an id stand for. */
export interface RowView {
  readonly rows: readonly LegacyRow[];
  /** The row that this package wrote, in its newest revision. */
  readonly own: LegacyRow | undefined;
  /** Rows that only the older code has written. */
  readonly foreign: readonly LegacyRow[];
  /** The row that is shown. */
  readonly shown: LegacyRow | undefined;
  readonly document: StoredDocument | undefined;
}

/**
 * Rows are the truth; the ledger only counts revisions. Each row that older code added since our
 * last write counts as one revision more, so a document never changes without a higher one.
 * @param record the ledger's, a tombstone too; needed only where no row is ours
 */
export function viewOf(
  rows: readonly LegacyRow[],
  record: StoredDocument | undefined,
  keys: FamilyKeys,
): RowView {
  const own = rows.filter(isOwn).toSorted(byRevision).at(-1);
  const foreign = rows.filter((row) => row.palimpsest === undefined);
  const nothing = { rows, own, foreign, shown: undefined, document: undefined };
  if (own === undefined && foreign.length === 0 && (rows.length === 0 || record?.deleted)) {
    return nothing;
  }
  const candidates = own ? [own, ...foreign] : foreign.length > 0 ? foreign : rows;
  const shown = newest(candidates, keys);
  if (shown === undefined) return nothing;
  const content = { ...readRow(shown, keys), scope: rows[0]?.palimpsest?.scope ?? "" };
  const plain = toStored(content, { epoch: 0, counter: rows.length });
  const revision = own
    ? advanced(revisionOf(own), foreign.length)
    : foreignRevision(plain, record, { rows: rows.length, foreign: foreign.length });
  return { rows, own, foreign, shown, document: { ...plain, revision } };
}

function foreignRevision(
  plain: StoredDocument,
  record: StoredDocument | undefined,
  counts: { readonly rows: number; readonly foreign: number },
): Revision {
  if (record === undefined) return plain.revision;
  if (record.deleted) return advanced(record.revision, counts.foreign);
  if (record.digest === plain.digest) return record.revision;
  const counter = Math.max(record.revision.counter + 1, counts.rows);
  return { epoch: record.revision.epoch, counter };
}

export function isOwn(row: LegacyRow): boolean {
  return row.palimpsest?.counter !== undefined;
}

export function revisionOf(row: LegacyRow): Revision {
  return { epoch: row.palimpsest?.epoch ?? 0, counter: row.palimpsest?.counter ?? 0 };
}

/** Newest first, as the option for all revisions shows them. */
export function newestFirst(rows: readonly LegacyRow[], keys: FamilyKeys): LegacyRow[] {
  return [...rows].toSorted((a, b) => compareAge(b, a, keys));
}

/** By the time of the last update, then the row's place; among equals the older code's row is later. */
function newest(rows: readonly LegacyRow[], keys: FamilyKeys): LegacyRow | undefined {
  return [...rows].toSorted((a, b) => compareAge(a, b, keys)).at(-1);
}

function compareAge(a: LegacyRow, b: LegacyRow, keys: FamilyKeys): number {
  return (
    ageOf(a, keys) - ageOf(b, keys) ||
    Number(isOwn(b)) - Number(isOwn(a)) ||
    compareText(String(a._id), String(b._id))
  );
}

/** When a row was last written, as far as it says. */
export function ageOf(row: LegacyRow, keys: FamilyKeys): number {
  return firstTime(row.metadata?.["updated_at"]) ?? rowTime(row, keys);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function byRevision(a: LegacyRow, b: LegacyRow): number {
  return compareRevisions(revisionOf(a), revisionOf(b));
}

function advanced({ epoch, counter }: Revision, by: number): Revision {
  return { epoch, counter: counter + by };
}
