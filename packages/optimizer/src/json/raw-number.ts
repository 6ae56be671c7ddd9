/**
 * A number kept as its source text, as `JSON.rawJSON` makes it. `JSON.stringify` prints it back as
 * written, so −0, `1e21`, `1.0` and integers beyond 2^53 survive.
 */
export type RawNumber = { readonly rawJSON: string };

/** `"native"`: JavaScript numbers, rounded as `JSON.parse` does. `"source"`: {@link RawNumber} where that would differ. */
export type NumberMode = "native" | "source";

export const numberModes: readonly NumberMode[] = ["native", "source"];

// TypeScript's library does not declare these yet; Node has both since version 21.
const json = JSON as typeof JSON & {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

export function isRawNumber(value: unknown): value is RawNumber {
  return json.isRawJSON(value);
}

export const numberSyntax: RegExp = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A JSON number's text as a value. The caller has checked the syntax. */
export function readNumber(source: string, mode: NumberMode): number | RawNumber {
  const value = Number(source);
  return mode === "native" || String(value) === source ? value : json.rawJSON(source);
}

/** The JSON text of a number; `JSON.stringify` would turn −0 into 0. */
export function numberText(value: number | RawNumber): string {
  if (typeof value !== "number") return value.rawJSON;
  return Object.is(value, -0) ? "-0" : String(value);
}
