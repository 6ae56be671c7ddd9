import { PalimpsestError, type TokenCounter } from "@palimpsest/core";
import { countTokens } from "../tokens/count-tokens.ts";
import { checkBudget } from "./check-budget.ts";
import { takeFitting } from "./take-fitting.ts";

export interface ReferOptions<R> {
  /** The id under which the store holds the record. */
  readonly id: (record: R, index: number) => string;
  /** What the model sees of the record; line breaks are shown as `⏎`. */
  readonly show: (record: R, index: number) => string;
  /** Letters before the number of a handle. @defaultValue `"r"` */
  readonly prefix?: string;
  /** Most tokens of the text; needs `counter`. @defaultValue no limit */
  readonly budget?: number;
  readonly counter?: TokenCounter;
}

export interface Referral {
  /** One line per record: its handle, a space, what is shown. */
  readonly text: string;
  /** Of the text; absent without a counter. */
  readonly tokens?: number;
  /** Handle → id of the record in the store. Plain JSON: keep it as long as handles may come back. */
  readonly handles: Readonly<Record<string, string>>;
  /** Indexes of records that are not in the text, ascending. */
  readonly omitted: readonly number[];
}

/**
 * Shows records by reference: the text does not hold them, only a short handle for each, which
 * `resolve` turns back into the record as long as the store has it. Not a way to pack records: for
 * a text that decodes by itself use `fit`.
 * @throws `E_INVALID_INPUT` for a bad prefix or budget, or a budget without a counter
 */
export function refer<R>(records: readonly R[], options: ReferOptions<R>): Referral {
  const { id, show, prefix = "r", budget, counter } = options;
  if (!/^[A-Za-z]{1,16}$/.test(prefix)) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `prefix must be 1 to 16 ASCII letters, got ${JSON.stringify(prefix)}`,
    );
  }
  const lines = records.map((record, i) => `${prefix}${i + 1} ${oneLine(show(record, i))}`);
  const included = budget === undefined ? [...lines.keys()] : within(lines, budget, counter);
  const text = included.map((i) => lines[i]).join("\n");
  const inText = new Set(included);
  return {
    text,
    ...(counter && { tokens: countTokens(counter, text) }),
    handles: Object.fromEntries(included.map((i) => [`${prefix}${i + 1}`, id(records[i]!, i)])),
    omitted: [...lines.keys()].filter((i) => !inText.has(i)),
  };
}

function within(
  lines: readonly string[],
  budget: number,
  counter: TokenCounter | undefined,
): readonly number[] {
  checkBudget(budget);
  if (counter === undefined) {
    throw new PalimpsestError("E_INVALID_INPUT", "a budget needs a counter to measure it with");
  }
  const fits = (taken: readonly number[]): true | undefined =>
    countTokens(counter, taken.map((i) => lines[i]).join("\n")) <= budget ? true : undefined;
  return takeFitting(lines.length, fits).taken;
}

function oneLine(text: string): string {
  return text.replaceAll(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/g, "⏎");
}
