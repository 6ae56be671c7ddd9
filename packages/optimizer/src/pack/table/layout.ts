import type { JsonObject, JsonValue } from "@palimpsest/core";
import { setMember } from "../../json/members.ts";
import type { Value } from "../codecs/codec.ts";
import { restName } from "../columns/column.ts";
import type { Leaf } from "../choice/leaf.ts";
import { writeName } from "../columns/name.ts";
import { type ColumnPlan, isFilledObject } from "./column-plan.ts";

/** Records taken apart into columns. */
export interface Layout {
  readonly leaves: readonly Leaf[];
  /** Whether each record is in the columns; the others have to be written as they are. */
  readonly inside: readonly boolean[];
}

/** A planned column or group of columns, with the places of its values. */
interface Place {
  readonly key: string;
  readonly path: readonly string[];
  readonly children: readonly Place[] | undefined;
  /** First and past-last index among the leaves. */
  readonly from: number;
  readonly to: number;
}

/**
 * @param rest a last column takes the keys of a record from the first that has no column or comes in
 * another order; without it such a record stays outside
 */
export function layOut(
  records: readonly JsonValue[],
  plans: readonly ColumnPlan[],
  rest: boolean,
): Layout {
  const filling = new Filling(plans, rest);
  const inside = records.map((record) => filling.take(record));
  return { leaves: filling.leaves(), inside };
}

class Filling {
  readonly #places: readonly Place[];
  readonly #paths: (readonly string[])[] = [];
  readonly #columns: Value[][];
  readonly #restColumn: Value[] | undefined;
  #count = 0;

  constructor(plans: readonly ColumnPlan[], rest: boolean) {
    this.#places = plans.map((plan) => this.#place(plan));
    this.#columns = this.#paths.map(() => []);
    this.#restColumn = rest ? [] : undefined;
  }

  /** Puts the record into the next row; false, and no row, when it does not fit. */
  take(record: JsonValue): boolean {
    if (!isFilledObject(record)) return false;
    const keys = Object.keys(record);
    const taken = this.#fill(this.#places, record, keys);
    if (taken < keys.length && (this.#restColumn === undefined || taken === 0)) return false;
    if (this.#restColumn) this.#restColumn[this.#count] = restOf(record, keys, taken);
    this.#count++;
    return true;
  }

  /** Columns with at least one value. */
  leaves(): Leaf[] {
    const leaves = this.#columns.map((values, i) => {
      const path = this.#paths[i] ?? [];
      values.length = this.#count;
      return { path, name: writeName(path), values };
    });
    if (this.#restColumn) leaves.push({ path: [], name: restName, values: this.#restColumn });
    return leaves.filter(({ values }) => values.some((value) => value !== undefined));
  }

  #place({ key, path, children }: ColumnPlan): Place {
    const from = this.#paths.length;
    const inner = children?.map((child) => this.#place(child));
    if (inner === undefined) this.#paths.push(path);
    return { key, path, children: inner, from, to: this.#paths.length };
  }

  /** How many of the keys, in order, found their place; the places of all others are cleared. */
  #fill(places: readonly Place[], object: JsonObject, keys: readonly string[]): number {
    let next = 0;
    let taken = 0;
    for (const key of keys) {
      let at = next;
      while (at < places.length && places[at]?.key !== key) at++;
      const place = places[at];
      const value = object[key];
      if (place === undefined || value === undefined || !this.#put(place, value)) break;
      for (; next < at; next++) this.#clear(places[next]);
      next = at + 1;
      taken++;
    }
    for (; next < places.length; next++) this.#clear(places[next]);
    return taken;
  }

  #put({ children, from }: Place, value: JsonValue): boolean {
    if (children === undefined) {
      const column = this.#columns[from];
      if (column) column[this.#count] = value;
      return true;
    }
    if (!isFilledObject(value)) return false;
    const keys = Object.keys(value);
    return this.#fill(children, value, keys) === keys.length;
  }

  #clear(place: Place | undefined): void {
    for (let i = place?.from ?? 0; i < (place?.to ?? 0); i++) {
      const column = this.#columns[i];
      if (column) column[this.#count] = undefined;
    }
  }
}

function restOf(record: JsonObject, keys: readonly string[], taken: number): Value {
  if (taken === keys.length) return undefined;
  const rest: Record<string, JsonValue> = {};
  for (const key of keys.slice(taken)) {
    const value = record[key];
    if (value !== undefined) setMember(rest, key, value);
  }
  return rest;
}
