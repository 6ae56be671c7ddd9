import type { Value } from "../codecs/codec.ts";
import { type Fallback, predictor } from "../columns/fallback.ts";
import type { Leaf } from "./leaf.ts";

type Dynamic = Exclude<Fallback, { kind: "cell" }>;

/** A fallback and, for each row of the sample, whether it predicts the row's value. */
export interface FallbackTrial {
  readonly fallback: Dynamic;
  readonly hits: readonly boolean[];
}

/** Cycles of categories longer than this are rare. */
const longestCycle = 12;

/** A fallback that predicts fewer than one of so many rows is not worth its place in the header. */
const rarest = 10;

/** Columns that another one may refer to, by their place relative to it. */
export interface Referable {
  readonly before: readonly Leaf[];
  readonly after: readonly Leaf[];
}

/**
 * What an empty cell of this column could mean beside a fixed default, tried on the sample.
 */
export function tryFallbacks(
  leaf: Leaf,
  { before, after }: Referable,
  rows: readonly number[],
  dense: boolean,
): FallbackTrial[] {
  const fallbacks: Dynamic[] = before.map(({ name }) => ({ kind: "equal", column: name }));
  const others = [...before, ...after];
  if (dense) {
    fallbacks.push({ kind: "next" });
    if (repeats(leaf.values, rows)) {
      for (let above = 1; above <= longestCycle; above++) {
        fallbacks.push({ kind: "above", rows: above });
      }
      fallbacks.push(...others.map(({ name }) => ({ kind: "follow", column: name }) as const));
    }
  }
  const named = new Map(others.map(({ name, values }) => [name, values]));
  return fallbacks.flatMap((fallback) => {
    const other = "column" in fallback ? (named.get(fallback.column) ?? []) : [];
    const hits = tried(fallback, leaf.values, other, rows);
    return hits.filter(Boolean).length * rarest < rows.length ? [] : [{ fallback, hits }];
  });
}

/** Whether enough values of the sample occur twice for an earlier one to predict them. */
function repeats(values: readonly Value[], rows: readonly number[]): boolean {
  const distinct = new Set(rows.map((row) => values[row])).size;
  return (rows.length - distinct) * rarest >= rows.length;
}

function tried(
  fallback: Dynamic,
  values: readonly Value[],
  other: readonly Value[],
  rows: readonly number[],
): boolean[] {
  const { predict, learn } = predictor(fallback, values, other);
  return rows.map((row) => {
    const hit = Object.is(predict(row), values[row]);
    learn(row);
    return hit;
  });
}
