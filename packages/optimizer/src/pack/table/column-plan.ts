import type { JsonObject, JsonValue } from "@palimpsest/core";
import { isRawNumber } from "../../json/raw-number.ts";
import { maxPath } from "../columns/column.ts";

/** A key of the records, in its place among the others; with children, its objects are flattened. */
export interface ColumnPlan {
  readonly path: readonly string[];
  readonly key: string;
  readonly children: readonly ColumnPlan[] | undefined;
}

/** More keys than this do not become columns. */
const maxKeys = 400;
/** A key that fewer of the records have is left to the rest column. */
const rareShare = 0.02;
/** Objects are flattened when nearly all values of their key are objects … */
const objectShare = 0.98;
/** … and their keys are mostly present, so that a map with keys of its own stays one cell. */
const filledShare = 0.3;

interface KeyCount {
  readonly key: string;
  present: number;
  objects: number;
}

/**
 * The columns that the records suggest, in an order that most records agree with.
 * @param flatten whether nested objects become columns of their own
 */
export function planColumns(
  records: readonly JsonValue[],
  flatten: boolean,
  path: readonly string[] = [],
): ColumnPlan[] {
  const objects = records.filter(isObject);
  const rare = path.length === 0 ? rareShare * objects.length : 0;
  return countKeys(objects).flatMap(({ key, present, objects: nested }) => {
    if (present < rare) return [];
    const keyPath = [...path, key];
    const mayFlatten = flatten && nested > 0 && nested >= objectShare * present;
    const children =
      mayFlatten && keyPath.length < maxPath ? planChildren(objects, key, keyPath) : undefined;
    return [{ path: keyPath, key, children }];
  });
}

function planChildren(
  objects: readonly JsonObject[],
  key: string,
  path: readonly string[],
): ColumnPlan[] | undefined {
  const nested = objects.flatMap((object) => {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    return value !== undefined && isObject(value) ? [value] : [];
  });
  const plans = planColumns(nested, true, path);
  const filled = nested.reduce((sum, object) => sum + Object.keys(object).length, 0);
  return filled >= filledShare * plans.length * nested.length ? plans : undefined;
}

/** Keys in the order of the records: a new key goes behind the one before it. */
function countKeys(objects: readonly JsonObject[]): readonly KeyCount[] {
  const order: KeyCount[] = [];
  const known = new Map<string, KeyCount>();
  for (const object of objects) {
    let place = 0;
    for (const key of Object.keys(object)) {
      let count = order[place]?.key === key ? order[place] : known.get(key);
      if (count === undefined) {
        if (order.length === maxKeys) continue;
        count = { key, present: 0, objects: 0 };
        known.set(key, count);
        order.splice(place, 0, count);
      }
      const value = object[key];
      count.present++;
      if (value !== undefined && isFilledObject(value)) count.objects++;
      place = (order[place] === count ? place : order.indexOf(count)) + 1;
    }
  }
  return order;
}

export function isObject(value: JsonValue): value is JsonObject {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value)
  );
}

export function isFilledObject(value: JsonValue): value is JsonObject {
  return isObject(value) && Object.keys(value).length > 0;
}
