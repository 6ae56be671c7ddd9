import type { JsonValue } from "@palimpsest/core";
import { parseJson } from "./parse-json.ts";

/**
 * What `JSON.parse` should return. V8 (Node 24 to 26 at least, nodejs/node issue 63785) reads a key
 * with an escape as another key once that key was read in its place: `{"\\":1}`, then `{"\n":1}`.
 * @throws SyntaxError or PalimpsestError when the text is no JSON
 */
export function parseNative(text: string): JsonValue {
  if (hasEscapedKey(text)) return parseJson(text, { numbers: "native" });
  return JSON.parse(text) as JsonValue;
}

/** Whether a key of a JSON text is written with an escape; anything for a text that is no JSON. */
function hasEscapedKey(text: string): boolean {
  for (let at = text.indexOf("\\"); at !== -1; at = text.indexOf("\\", at)) {
    // The first backslash outside the strings that were passed is inside the next one.
    while (at < text.length && text.charCodeAt(at) !== 34) at += text[at] === "\\" ? 2 : 1;
    at++;
    while (at < text.length && text.charCodeAt(at) <= 32) at++;
    if (text[at] === ":") return true;
  }
  return false;
}
