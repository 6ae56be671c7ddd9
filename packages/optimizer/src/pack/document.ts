import type { JsonObject, JsonValue } from "@palimpsest/core";
import { setMember } from "../json/members.ts";
import { maxPath } from "./columns/column.ts";
import { isFilledObject, isObject, planColumns } from "./table/column-plan.ts";

/** An array of records, or an object whose members are records. */
export interface TablePart {
  readonly path: readonly string[];
  readonly records: readonly JsonValue[];
  /** Keys of the members; undefined for an array. */
  readonly keys: readonly string[] | undefined;
}

/** A value whose tables are taken out. */
export interface DocumentParts {
  /** The value with null in each table's place. */
  readonly frame: JsonValue;
  readonly tables: readonly TablePart[];
}

/** Objects with fewer members are no maps of records. */
const smallestMap = 3;
/** Records share a table when this share of its cells would be filled. */
const filledShare = 0.4;

/** The first records tell whether a table pays; what does not fit it later stays JSON. */
const enoughRecords = 100;

/** Finds the tables of a value: the value itself, or members of its objects at any path. */
export function splitDocument(value: JsonValue): DocumentParts {
  const tables: TablePart[] = [];
  const frame = takeTables(value, [], tables);
  return { frame, tables };
}

function takeTables(value: JsonValue, path: readonly string[], tables: TablePart[]): JsonValue {
  const table = asTable(value, path);
  if (table) {
    tables.push(table);
    return null;
  }
  if (!isObject(value) || path.length === maxPath) return value;
  const frame: Record<string, JsonValue> = {};
  for (const [key, member] of Object.entries(value)) {
    setMember(frame, key, takeTables(member, [...path, key], tables));
  }
  return frame;
}

function asTable(value: JsonValue, path: readonly string[]): TablePart | undefined {
  if (Array.isArray(value)) {
    const records = value as readonly JsonValue[];
    const fewest = path.length === 0 ? 1 : 2;
    const isTable = records.length >= fewest && sharesKeys(records);
    return isTable ? { path, records, keys: undefined } : undefined;
  }
  if (!isObject(value)) return undefined;
  const keys = Object.keys(value);
  const records = Object.values(value);
  const isMap = keys.length >= smallestMap && records.every(isFilledObject) && sharesKeys(records);
  return isMap ? { path, records, keys } : undefined;
}

function sharesKeys(records: readonly JsonValue[]): boolean {
  const first = records.slice(0, enoughRecords);
  const objects: JsonObject[] = first.filter(isFilledObject);
  if (objects.length * 2 < first.length || objects.length === 0) return false;
  const columns = new Set(planColumns(objects, false).map(({ key }) => key));
  const cellsOf = (object: JsonObject) => Object.keys(object).filter((key) => columns.has(key));
  const filled = objects.reduce((sum, object) => sum + cellsOf(object).length, 0);
  // Keys that few records have are no columns, and a table without any only adds to the JSON.
  return columns.size > 0 && filled >= filledShare * objects.length * columns.size;
}
