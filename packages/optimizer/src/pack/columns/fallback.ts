import { isScalar } from "../cells/cell.ts";
import { CellError, type Value } from "../codecs/codec.ts";
import { successor } from "./successor.ts";
import { unpredictable } from "./unpredictable.ts";

/** What an empty cell means. */
export type Fallback =
  /** The same as this cell. */
  | { readonly kind: "cell"; readonly cell: string }
  /** The value so many rows above. */
  | { readonly kind: "above"; readonly rows: number }
  /** The value above with its last number one higher. */
  | { readonly kind: "next" }
  /** The value of another column in the same row. */
  | { readonly kind: "equal"; readonly column: string }
  /** This column's last value beside the same value of another column. */
  | { readonly kind: "follow"; readonly column: string };

const above = /^\^([1-9]\d{0,3})?$/;

export function writeFallback(fallback: Fallback): string {
  switch (fallback.kind) {
    case "cell":
      return `?${fallback.cell}`;
    case "above":
      return fallback.rows === 1 ? "?^" : `?^${fallback.rows}`;
    case "next":
      return "?+";
    case "equal":
      return `?@${fallback.column}`;
    case "follow":
      return `?^@${fallback.column}`;
  }
}

/** A cell that starts like another kind of fallback cannot be the default of a column. */
export function canBeDefault(cell: string): boolean {
  return cell !== "" && !/^[@^+]/.test(cell);
}

/** @param text what stands after `?` */
export function readFallback(text: string): Fallback | undefined {
  const rows = above.exec(text);
  if (rows) return { kind: "above", rows: Number(rows[1] ?? 1) };
  if (text === "+") return { kind: "next" };
  if (text.startsWith("^@")) return { kind: "follow", column: text.slice(2) };
  if (text.startsWith("@")) return { kind: "equal", column: text.slice(1) };
  return canBeDefault(text) ? { kind: "cell", cell: text } : undefined;
}

export interface Predictor {
  predict(row: number): Value | typeof unpredictable;
  /** To be called for every row in order, after its value is known. */
  learn(row: number): void;
}

/**
 * Writer and reader run the same predictor over the same values, so it need not be right, only equal.
 * @param values the column, known up to the row that is asked for
 * @param other the referenced column, known up to that row too
 */
export function predictor(
  fallback: Exclude<Fallback, { kind: "cell" }>,
  values: readonly Value[],
  other: readonly Value[],
): Predictor {
  switch (fallback.kind) {
    case "above":
      return stateless((row) =>
        row < fallback.rows ? unpredictable : repeatable(values[row - fallback.rows]),
      );
    case "next":
      return stateless((row) => (row === 0 ? unpredictable : successor(values[row - 1])));
    case "equal":
      return stateless((row) => repeatable(other[row]));
    case "follow":
      return following(values, other);
  }
}

function stateless(predict: Predictor["predict"]): Predictor {
  return { predict, learn: () => undefined };
}

function following(values: readonly Value[], other: readonly Value[]): Predictor {
  const last = new Map<Value, Value>();
  return {
    predict: (row) => (last.has(other[row]) ? repeatable(last.get(other[row])) : unpredictable),
    learn: (row) => void last.set(other[row], values[row]),
  };
}

/** Arrays and objects are never repeated: a short text must not become a huge value. */
function repeatable(value: Value): Value | typeof unpredictable {
  return isScalar(value) ? value : unpredictable;
}

export function predicted(value: Value | typeof unpredictable): Value {
  if (value === unpredictable) throw new CellError("an empty cell has no value to repeat here");
  return value;
}
