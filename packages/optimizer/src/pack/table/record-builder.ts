import type { JsonValue } from "@palimpsest/core";
import { setMember } from "../../json/members.ts";
import { shorten } from "../../json/shorten.ts";
import { fail } from "../cells/cell.ts";
import type { Value } from "../codecs/codec.ts";
import type { Column } from "../columns/column.ts";

/** Columns, and groups of columns that become objects, in the order of a record's keys. */
type Group = Map<string, number | Group>;

type Columns = readonly (readonly Value[])[];

/**
 * Puts the values of a row back into a record.
 * @throws CellError when two columns claim the same place
 */
export function recordBuilder(
  columns: readonly Column[],
): (values: Columns, row: number) => Record<string, JsonValue> {
  const root: Group = new Map();
  let before: readonly string[] = [];
  for (const [index, { path }] of columns.entries()) {
    if (path.length > 0) addColumn(root, path, before, index);
    before = path;
  }
  return (values, row) => buildRecord(root, values, row);
}

function addColumn(
  group: Group,
  [key = "", ...inner]: readonly string[],
  [keyBefore, ...innerBefore]: readonly string[],
  index: number,
): void {
  const known = group.get(key);
  if (known === undefined) {
    const member: Group = new Map();
    group.set(key, inner.length === 0 ? index : member);
    if (inner.length > 0) addColumn(member, inner, [], index);
  } else if (typeof known === "number" || inner.length === 0 || key !== keyBefore) {
    fail(`two columns have the key ${JSON.stringify(shorten(key))}`);
  } else {
    addColumn(known, inner, innerBefore, index);
  }
}

function buildRecord(group: Group, values: Columns, row: number): Record<string, JsonValue> {
  const record: Record<string, JsonValue> = {};
  for (const [key, member] of group) {
    if (typeof member === "number") {
      const value = values[member]?.[row];
      if (value !== undefined) setMember(record, key, value);
    } else {
      // An object of which no member is present is missing itself.
      const inner = buildRecord(member, values, row);
      if (!isEmpty(inner)) setMember(record, key, inner);
    }
  }
  return record;
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}
