import { type CellFormat, isNestedCell, missing, writeCell } from "../cells/cell.ts";
import type { Codec, Value } from "../codecs/codec.ts";
import { readListSpec } from "../codecs/list.ts";
import { candidateCodecs, type CandidateOptions } from "./candidates.ts";
import { type CellColumn, maxRepeated, maxRepeatedNested } from "../columns/column.ts";
import type { Fallback } from "../columns/fallback.ts";
import { type FallbackTrial, type Referable, tryFallbacks } from "./fallback-candidates.ts";
import type { Leaf, LeafFacts } from "./leaf.ts";
import { tokenCost } from "./token-cost.ts";
import { fitsHeader } from "../columns/write-column.ts";

export interface ChooseOptions extends CandidateOptions {
  readonly rows: readonly number[];
  /** No cell may be empty. */
  readonly explicit?: boolean;
  /** Values of another column by name. */
  valuesOf(name: string): readonly Value[];
  /** Columns that an empty cell may refer to. */
  readonly others: Referable;
}

interface Choice {
  readonly codec: Codec;
  readonly fallback: Fallback | undefined;
  readonly cost: number;
}

/** The codec and the meaning of an empty cell that cost the fewest estimated tokens on the sample. */
export function chooseColumn(leaf: Leaf, facts: LeafFacts, options: ChooseOptions): CellColumn {
  const { rows, dense, others, explicit } = options;
  const trials = facts.repeatable && !explicit ? tryFallbacks(leaf, others, rows, dense) : [];
  let best: Choice | undefined;
  for (const codec of candidateCodecs(leaf, facts, options)) {
    const choice = cheapest(codec, leaf, trials, options);
    if (best === undefined || choice.cost < best.cost) best = choice;
  }
  if (best === undefined) throw new Error("a column has no codec");
  const { codec, fallback } = best;
  return { kind: "cells", name: leaf.name, path: leaf.path, codec, fallback };
}

function cheapest(
  codec: Codec,
  leaf: Leaf,
  trials: readonly FallbackTrial[],
  options: ChooseOptions,
): Choice {
  const { rows, format, explicit } = options;
  const base = codec.base?.kind === "column" ? options.valuesOf(codec.base.name) : undefined;
  const cells = rows.map((row) => {
    const value = leaf.values[row];
    if (value === undefined) return missing;
    return writeCell(value, base ? base[row] : leaf.values[row - 1], codec, format);
  });
  const costs = cells.map(tokenCost);
  // What the header pays once, every row of the whole column pays many times.
  const share = rows.length / Math.max(1, leaf.values.length);
  const header = codec.spec === "" ? 0 : tokenCost(codec.spec) * share;
  let best: Choice = { codec, fallback: undefined, cost: header + sum(costs) };
  const literal = explicit ? undefined : bestDefault(cells, codec, format);
  if (literal !== undefined) consider({ kind: "cell", cell: literal }, (i) => cells[i] === literal);
  if (codec.base?.kind !== "column") {
    for (const { fallback, hits } of trials) consider(fallback, (i) => hits[i] === true);
  }
  return best;

  function consider(fallback: Fallback, hit: (i: number) => boolean): void {
    const stated =
      "column" in fallback ? fallback.column : fallback.kind === "cell" ? fallback.cell : "";
    let cost = header + (1 + tokenCost(stated)) * share;
    for (let i = 0; i < costs.length; i++) cost += hit(i) ? tokenCost("") : (costs[i] ?? 0);
    if (cost < best.cost) best = { codec, fallback, cost };
  }
}

/** A default for fewer than one of so many records only burdens the reader. */
const rarestDefault = 12;

/** The cell whose replacement by an empty one saves most, among those that the header can state. */
function bestDefault(
  cells: readonly string[],
  codec: Codec,
  { stops }: CellFormat,
): string | undefined {
  const counts = new Map<string, number>();
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  let best: string | undefined;
  let most = 0;
  for (const [cell, count] of counts) {
    if (count < 2 || count * rarestDefault < cells.length) continue;
    const total = count * tokenCost(cell);
    if (
      total > most &&
      fitsHeader(cell, stops !== "") &&
      cell.length <= longestDefault(cell, codec)
    ) {
      best = cell;
      most = total;
    }
  }
  return best;
}

/** Nested values are built anew for each record: only empty ones and short lists may be a default. */
function longestDefault(cell: string, codec: Codec): number {
  if (isNestedCell(cell)) return 3;
  return readListSpec(codec.spec) === undefined ? maxRepeated : maxRepeatedNested;
}

function sum(costs: readonly number[]): number {
  return costs.reduce((total, cost) => total + cost, 0);
}
