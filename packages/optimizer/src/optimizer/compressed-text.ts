import { type JsonValue, PalimpsestError, parseJsonText } from "@palimpsest/core";
import { checkJson } from "../json/check-json.ts";
import { parseJson } from "../json/parse-json.ts";
import type { NumberMode } from "../json/raw-number.ts";
import { writeJson } from "../json/write-json.ts";
import { isRecord } from "../json-kind.ts";
import type { KeyDictionary } from "../legacy/key-mappings.ts";
import { fromShortKeys, fromSlots, toShortKeys, toSlots } from "./record-forms.ts";
import { spacedJson } from "./spaced-json.ts";

/**
 * The mark of a compressed text: `¶`, the version, and the form of the JSON behind it: compact,
 * abbreviated or plain. No JSON text starts with it, so no data of v1 does.
 */
const mark = /^¶(\d{1,4})([a-z])(?=[[{"\-\dtfn])/;
const version = "1";

export interface CompressionForms {
  readonly keyAbbreviation: boolean;
  readonly compactFormat: boolean;
  readonly minifyJson: boolean;
}

export interface Compressed {
  readonly text: string;
  /** The original as minified JSON, to compare with. */
  readonly minified: string;
}

/**
 * The shortest text among the forms that are allowed.
 * @throws `E_INVALID_INPUT` naming the path of what is not JSON
 */
export function writeCompressed(
  value: unknown,
  forms: CompressionForms,
  names: KeyDictionary,
): Compressed {
  const { plain } = checkJson(value);
  const json = value as JsonValue;
  const minify = plain ? JSON.stringify : writeJson;
  const minified = minify(json);
  const write = forms.minifyJson ? minify : spacedJson;
  const texts = [`p${forms.minifyJson ? minified : spacedJson(json)}`];
  if (isRecord(json)) {
    if (forms.keyAbbreviation) texts.unshift(`a${write(toShortKeys(json, names))}`);
    if (forms.compactFormat) {
      const known = forms.keyAbbreviation ? names : undefined;
      texts.unshift(`c${write(toSlots(json, known))}`);
    }
  }
  const shortest = texts.reduce((best, text) => (text.length < best.length ? text : best));
  return { text: `¶${version}${shortest}`, minified };
}

/** Whether a value is a text that `compress` wrote; plain data never is. */
export function isCompressed(data: unknown): data is string {
  return typeof data === "string" && mark.test(data);
}

/**
 * @throws `E_CORRUPT` with a position for damaged text, `E_UNSUPPORTED` for a newer version,
 * `E_CONFIG` for a custom short name that `keyMappings` does not have
 */
export function readCompressed(text: string, names: KeyDictionary, numbers: NumberMode): JsonValue {
  const [start = "", written, form] = mark.exec(text) ?? [];
  if (written !== version) {
    throw new PalimpsestError(
      "E_UNSUPPORTED",
      `the record is of version ${written} of the compressed form, this reads ${version}; update @palimpsest/optimizer`,
    );
  }
  const json = parseBody(text, start.length, numbers);
  switch (form) {
    case "c":
      return fromSlots(json, names);
    case "a":
      return fromShortKeys(json, names);
    case "p":
      return json;
    default:
      throw new PalimpsestError("E_CORRUPT", `the compressed record is damaged: no form ${form}`);
  }
}

function parseBody(text: string, from: number, numbers: NumberMode): JsonValue {
  if (numbers === "native") {
    try {
      return parseJsonText(text.slice(from));
    } catch {
      // The reader below says where the text is damaged; the engine's own message does not.
    }
  }
  // Spaces in place of the mark keep the positions of the text.
  return parseJson(" ".repeat(from) + text.slice(from), { numbers, code: "E_CORRUPT" });
}
