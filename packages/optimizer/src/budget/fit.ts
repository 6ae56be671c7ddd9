import { PalimpsestError, type TokenCounter } from "@palimpsest/core";
import { checkJson } from "../json/check-json.ts";
import { checkRecords } from "../json/check-records.ts";
import { checkPackOptions, pack, type PackOptions } from "../pack/pack.ts";
import type { PackProfile } from "../pack/pack-profile.ts";
import { counted, shown } from "../value-words.ts";
import { checkCounter, countTokens } from "../tokens/count-tokens.ts";
import { checkBudget } from "./check-budget.ts";
import { takeFitting } from "./take-fitting.ts";

export interface FitOptions<R> {
  /** Most tokens of the text, the legend included. */
  readonly budget: number;
  readonly counter: TokenCounter;
  /** `"auto"` takes the smallest of `allow`. @defaultValue `"readable"` */
  readonly profile?: PackProfile | "auto";
  /** As in `pack`, for `"auto"` only. */
  readonly allow?: readonly PackProfile[];
  /** As in `pack`; it counts. @defaultValue `false` */
  readonly legend?: boolean;
  /** As in `pack`; it counts. */
  readonly repeatHeader?: number;
  /** Worth of a record; the highest are packed first. @defaultValue the order given */
  readonly rank?: (record: R, index: number) => number;
  /** Records that must be in the text. @defaultValue none */
  readonly keep?: (record: R, index: number) => boolean;
  /** How to fetch a record that was left out. @defaultValue its `id`, when that is a string or number */
  readonly handle?: (record: R, index: number) => string | undefined;
}

export interface OmittedRecord {
  readonly index: number;
  readonly handle: string | undefined;
}

export interface Fitted {
  /** Decodes by itself with `unpack`, in the order given; empty when not one record fits. */
  readonly text: string;
  /** Of the text, by the counter. */
  readonly tokens: number;
  /** Indexes of the records in the text, ascending. */
  readonly included: readonly number[];
  /** Ascending too. */
  readonly omitted: readonly OmittedRecord[];
}

interface Measured {
  readonly text: string;
  readonly tokens: number;
}

/**
 * Packs the most valuable records into a token budget; each is in the text as a whole or not at all.
 * @throws `E_BUDGET_EXCEEDED` when the records to keep alone exceed the budget
 * @throws `E_INVALID_INPUT` for records that JSON cannot hold, a bad budget or profile, a counter that does
 * not count, or a rank that is no number
 */
export function fit<R>(records: readonly R[], options: FitOptions<R>): Fitted {
  const { budget, counter, rank, keep, handle } = options;
  checkBudget(budget);
  checkCounter(counter);
  const packOptions = packOptionsOf(options);
  checkPackOptions(packOptions);
  checkRecords(records);
  checkJson(records);
  const kept = records.flatMap((record, i) => (keep?.(record, i) ? [i] : []));
  const others = byWorth(records, new Set(kept), rank);
  const measure = (indexes: readonly number[]): Measured => {
    if (indexes.length === 0) return { text: "", tokens: 0 };
    const selected = indexes.map((i) => records[i]);
    const text = pack(selected, packOptions);
    return { text, tokens: countTokens(counter, text) };
  };
  const least = measure(kept);
  if (least.tokens > budget) {
    throw new PalimpsestError(
      "E_BUDGET_EXCEEDED",
      `keeping ${counted(kept.length, "record")} takes ${counted(least.tokens, "token")} of a budget of ${budget}; keep fewer or raise it`,
    );
  }
  const select = (taken: readonly number[]): number[] =>
    [...kept, ...taken.map((i) => others[i]!)].toSorted((a, b) => a - b);
  const { taken, measured } = takeFitting(others.length, (candidates) => {
    const result = measure(select(candidates));
    return result.tokens <= budget ? result : undefined;
  });
  const included = select(taken);
  return { ...(measured ?? least), included, omitted: omittedOf(records, included, handle) };
}

function packOptionsOf<R>(options: FitOptions<R>): PackOptions {
  const { profile = "readable", allow, counter, legend, repeatHeader } = options;
  const common = {
    ...(legend !== undefined && { legend }),
    ...(repeatHeader !== undefined && { repeatHeader }),
  };
  if (profile !== "auto") return { profile, ...common };
  return { profile, counter, ...common, ...(allow && { allow }) };
}

/** Everything but the kept, the most valuable first, equals in the order given. */
function byWorth<R>(
  records: readonly R[],
  kept: ReadonlySet<number>,
  rank: FitOptions<R>["rank"],
): readonly number[] {
  const others = Array.from(records.keys()).filter((i) => !kept.has(i));
  if (rank === undefined) return others;
  const worth = records.map(rank);
  const bad = worth.findIndex((value) => typeof value !== "number" || Number.isNaN(value));
  if (bad >= 0) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `the rank of record ${bad} is ${shown(worth[bad])}; give a number`,
    );
  }
  // Not a difference: infinite ranks are fine.
  return others.toSorted((a, b) => Number(worth[b]! > worth[a]!) - Number(worth[b]! < worth[a]!));
}

function omittedOf<R>(
  records: readonly R[],
  included: readonly number[],
  handle: FitOptions<R>["handle"] = idOf,
): OmittedRecord[] {
  const inText = new Set(included);
  return records.flatMap((record, index) =>
    inText.has(index) ? [] : [{ index, handle: handle(record, index) }],
  );
}

function idOf(record: unknown): string | undefined {
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, "id"))
    return undefined;
  const id: unknown = Reflect.get(record, "id");
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
}
