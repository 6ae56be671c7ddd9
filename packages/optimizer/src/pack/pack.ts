import { type JsonValue, PalimpsestError, type TokenCounter } from "@palimpsest/core";
import { checkChoice } from "../check-choice.ts";
import { checkJson } from "../json/check-json.ts";
import { writeJson } from "../json/write-json.ts";
import { checkCounter, countTokens } from "../tokens/count-tokens.ts";
import { withLegend } from "./legend.ts";
import { type PackProfile, packProfiles } from "./pack-profile.ts";
import { checkPositive, type TextOptions } from "./text-options.ts";
import { writeText } from "./write-text.ts";

export interface FixedPackOptions extends TextOptions {
  /** @defaultValue `"readable"` */
  readonly profile?: PackProfile;
}

export interface AutoPackOptions extends TextOptions {
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
 * becomes plain JSON. A table of a record or two, or of records that share few keys, can cost more
 * than JSON: only `"auto"` measures. Numbers may be `JSON.rawJSON` objects (see `parseJson`).
 * @throws `E_INVALID_INPUT` naming the place of what JSON cannot hold: `undefined`, NaN, Infinity,
 * BigInt, functions, symbols, cycles, holes in arrays, class instances (Date, Map, Set, …)
 */
export function pack(value: unknown, options: PackOptions = {}): string {
  checkPackOptions(options);
  const { plain } = checkJson(value);
  // Checked: from here on the value is typed.
  const checked = value as JsonValue;
  const json: (part: JsonValue) => string = plain ? JSON.stringify : writeJson;
  if (options.profile === "auto") return packAuto(checked, json, options);
  return packAs(options.profile ?? "readable", checked, json, options);
}

/** @throws `E_INVALID_INPUT` naming the option that cannot be used */
export function checkPackOptions(options: PackOptions): void {
  const { profile = "readable", repeatHeader } = options;
  checkChoice("profile", profile, [...packProfiles, "auto"]);
  checkPositive("repeatHeader", repeatHeader);
  if (options.profile !== "auto") return;
  checkAllowed(options.allow);
  checkCounter(options.counter);
}

function checkAllowed(allow: unknown): void {
  if (allow === undefined) return;
  if (!Array.isArray(allow)) {
    throw new PalimpsestError("E_INVALID_INPUT", "allow must be a list of profiles");
  }
  for (const profile of allow) checkChoice("each profile of allow", profile, packProfiles);
}

function packAuto(
  value: JsonValue,
  json: (part: JsonValue) => string,
  options: AutoPackOptions,
): string {
  const { counter, allow = ["readable", "minified"] } = options;
  let best = json(value);
  let fewest = countTokens(counter, best);
  for (const profile of allow) {
    if (profile === "minified") continue;
    const text = packAs(profile, value, json, options);
    const tokens = countTokens(counter, text);
    if (tokens < fewest) [best, fewest] = [text, tokens];
  }
  return best;
}

function packAs(
  profile: PackProfile,
  value: JsonValue,
  json: (part: JsonValue) => string,
  { legend, repeatHeader }: TextOptions,
): string {
  if (profile === "minified") return json(value);
  const text = writeText(value, { dense: profile === "dense", json, repeatHeader });
  return legend ? withLegend(text, profile) : text;
}
