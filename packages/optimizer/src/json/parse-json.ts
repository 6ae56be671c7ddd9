import { type JsonValue, PalimpsestError, type PalimpsestErrorCode } from "@palimpsest/core";
import { checkChoice } from "../check-choice.ts";
import { checkText } from "./check-text.ts";
import { JsonReader } from "./json-reader.ts";
import { type NumberMode, numberModes } from "./raw-number.ts";
import { positionAt } from "./text-position.ts";

export interface ParseOptions {
  /** @defaultValue `"source"` */
  readonly numbers?: NumberMode;
  /** Code of the error for a text that is no JSON. @defaultValue `"E_INVALID_INPUT"` */
  readonly code?: PalimpsestErrorCode;
}

/**
 * Parses JSON of any depth. Numbers that JavaScript would not print back as written (−0, `1e21`,
 * `1.0`, integers beyond 2^53) become `JSON.rawJSON` objects, so `JSON.stringify` restores them.
 * Of a repeated key the last value counts, as with `JSON.parse`.
 * @throws `E_INVALID_INPUT` with `position` where the text stops being JSON; without, for a `numbers` that
 * does not exist
 */
export function parseJson(text: string, options: ParseOptions = {}): JsonValue {
  const { numbers = "source", code = "E_INVALID_INPUT" } = options;
  checkText(text);
  checkChoice("numbers", numbers, numberModes);
  const reader = new JsonReader(text, numbers, (at, problem) => {
    const position = positionAt(text, at);
    throw new PalimpsestError(
      code,
      `not JSON at line ${position.line}, column ${position.column}: ${problem}`,
      { position },
    );
  });
  return reader.document();
}
