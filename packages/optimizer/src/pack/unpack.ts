import { type JsonValue, parseJsonText } from "@palimpsest/core";
import { checkChoice } from "../check-choice.ts";
import { checkText } from "../json/check-text.ts";
import { parseJson } from "../json/parse-json.ts";
import { type NumberMode, numberModes } from "../json/raw-number.ts";
import { packedSign } from "./signs.ts";
import { readText } from "./read-text.ts";

export interface UnpackOptions {
  /**
   * How numbers come back: as JavaScript numbers, rounded as `JSON.parse` does, or those that would
   * not print back as written as `JSON.rawJSON` objects.
   * @defaultValue `"native"`
   */
  readonly numbers?: NumberMode;
}

/**
 * The value of a text that `pack` or `packStream` wrote, or of plain JSON. Keys are data, `__proto__`
 * too; their order is kept, except for integer-like keys, which JavaScript puts first.
 * @throws `E_CORRUPT` with `position` when the text is cut, damaged or of another format;
 * `E_INVALID_INPUT` for what is no text, or a `numbers` that does not exist
 */
export function unpack(text: string, options: UnpackOptions = {}): JsonValue {
  const { numbers = "native" } = options;
  checkText(text);
  checkChoice("numbers", numbers, numberModes);
  if (text.startsWith(packedSign)) return readText(text, numbers);
  if (numbers === "source") return parseJson(text, { numbers, code: "E_CORRUPT" });
  try {
    return parseJsonText(text);
  } catch {
    // The faster parser does not tell where: this one fails at the same place and says so.
    return parseJson(text, { numbers, code: "E_CORRUPT" });
  }
}
