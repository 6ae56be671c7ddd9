import type { DocumentKey } from "@palimpsest/core";
import type { Filter as Query } from "mongodb";
import type { FamilyKeys, LegacyCollection, LegacyRow } from "./legacy-row.ts";
import { rowTime } from "./legacy-row.ts";
import { scopeOf, scopeQuery } from "./legacy-rows.ts";

/** The newest rows by their real time, whatever type each one has. */
export interface RecentRows {
  readonly keys: readonly DocumentKey[];
  /** No row that is missing here is newer; undefined when none is missing. */
  readonly bound: number | undefined;
}

interface Stream {
  readonly rows: readonly LegacyRow[];
  readonly exhausted: boolean;
}

const canonicalIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** MongoDB sorts by type before value, so each type is read by itself and merged by the moment it names. */
export async function recentRows(
  collection: LegacyCollection,
  keys: FamilyKeys,
  { scope, depth }: { readonly scope: string; readonly depth: number },
): Promise<RecentRows> {
  const { timeKey } = keys;
  const read = (condition: unknown, limit: number): Promise<LegacyRow[]> =>
    collection
      .find({
        $and: [{ id: { $type: "string" } }, scopeQuery({ scope }), condition],
      } as Query<LegacyRow>)
      .project<LegacyRow>({ id: 1, "palimpsest.scope": 1, [timeKey]: 1, metadata: 1 })
      .sort({ [timeKey]: -1 })
      .limit(limit)
      .toArray();
  const stream = async (type: string): Promise<Stream> => {
    const rows = await read({ [timeKey]: { $type: type } }, depth);
    return { rows, exhausted: rows.length < depth };
  };
  const strings = async (): Promise<Stream> => {
    const first = await stream("string");
    if (first.exhausted || first.rows.every((row) => canonicalIso.test(String(row[timeKey])))) {
      return first;
    }
    // Other notations do not sort as text, so all of them are read.
    return { rows: await read({ [timeKey]: { $type: "string" } }, 0), exhausted: true };
  };
  const others = { [timeKey]: { $not: { $type: ["number", "date", "string"] } } };
  const streams = await Promise.all([
    stream("number"),
    stream("date"),
    strings(),
    read(others, 0).then((rows) => ({ rows, exhausted: true })),
  ]);
  const open = streams.filter(({ exhausted }) => !exhausted);
  const bounds = open.map(({ rows }) => rowTime(rows.at(-1) as LegacyRow, keys));
  return {
    keys: distinct(streams.flatMap(({ rows }) => rows)),
    bound: bounds.length === 0 ? undefined : Math.max(...bounds),
  };
}

function distinct(rows: readonly LegacyRow[]): DocumentKey[] {
  const found = new Map<string, DocumentKey>();
  for (const row of rows) {
    const key = { scope: scopeOf(row), id: String(row.id) };
    found.set(key.id, key);
  }
  return [...found.values()];
}
