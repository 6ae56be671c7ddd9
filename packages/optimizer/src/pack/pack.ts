import { type JsonValue, PalimpsestError, type TokenCounter } from "@palimpsest/core";
import { checkJson } from "../json/check-json.ts";
import { writeJson } from "../json/write-json.ts";
import { legendSign } from "./header.ts";
import { legend } from "./legend.ts";
import type { PackProfile } from "./pack-profile.ts";
import { writeText } from "./write-text.ts";

interface CommonOptions {
  /**
   * Puts a paragraph above the text that tells a model how to read it. `unpack` skips it.
   * @defaultValue `false`
   */
  readonly legend?: boolean;
  /** Repeats the column line after so many records, a positive integer; by default never. */
  readonly repeatHeader?: number;
}

export interface FixedPackOptions extends CommonOptions {
  /** @defaultValue `"readable"` */
  readonly profile?: PackProfile;
}

export interface AutoPackOptions extends CommonOptions {
  /** The allowed profile whose text, legend included, has the fewest tokens. */
  readonly profile: "auto";
  readonly counter: TokenCounter;
  /**
   * Profiles to choose from. Minified JSON is always among them, so the text is never longer.
   * @defaultValue `["readable", "minified"]`
   */
  readonly allow?: readonly PackProfile[];
}

export type PackOptions = FixedPackOptions | AutoPackOptions;

/**
 * Packs any JSON value into a text with fewer tokens, from which `unpack` restores it exactly. Tables
 * are arrays of objects and maps of objects, at the top or inside objects; a value without any
 * becomes plain JSON. Numbers may be `JSON.rawJSON` objects (see `parseJson`).
 * @throws `E_INVALID_INPUT` naming the place of what JSON cannot hold: `undefined`, NaN, Infinity,
 * BigInt, functions, symbols, cycles, holes in arrays, class instances (Date, Map, Set, …)
 */
export function pack(value: unknown, options: PackOptions = {}): string {
  const write = writer(value, options);
  if (options.profile !== "auto") return write(options.profile ?? "readable");
  const { counter, allow = ["readable"] } = options;
  let best = write("minified");
  let fewest = counter.count(best);
  for (const profile of allow) {
    if (profile === "minified") continue;
    const text = write(profile);
    const tokens = counter.count(text);
    if (tokens < fewest) [best, fewest] = [text, tokens];
  }
  return best;
}

function writer(value: unknown, options: PackOptions): (profile: PackProfile) => string {
  const { repeatHeader } = options;
  checkRepeat(repeatHeader);
  const { plain } = checkJson(value);
  const json: (part: JsonValue) => string = plain ? JSON.stringify : writeJson;
  // Checked above; from here on everything is typed.
  const checked = value as JsonValue;
  return (profile) => {
    if (profile === "minified") return json(checked);
    const text = writeText(checked, { dense: profile === "dense", json, repeatHeader });
    // Without a table the text is JSON, which needs no legend.
    const isJson = !text.startsWith("#");
    return options.legend && !isJson ? `${legendSign}${legend(profile)}\n${text}` : text;
  };
}

function checkRepeat(rows: number | undefined): void {
  if (rows !== undefined && !(Number.isInteger(rows) && rows > 0)) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `repeatHeader must be a positive number of records, not ${rows}`,
    );
  }
}
