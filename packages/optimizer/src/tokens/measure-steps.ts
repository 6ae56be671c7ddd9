import type { JsonValue, TokenCounter } from "@palimpsest/core";
import { deduplicate } from "../dedupe/deduplicate.ts";
import type { DeduplicateOptions } from "../dedupe/deduplicate-options.ts";
import { isList } from "../json-kind.ts";
import { checkJson } from "../json/check-json.ts";
import { writeJson } from "../json/write-json.ts";
import { pack } from "../pack/pack.ts";
import { countTokens } from "./count-tokens.ts";

export interface MeasureStepsOptions {
  readonly counter: TokenCounter;
  /** What the step `deduplicated` merges. @defaultValue level `exact` */
  readonly deduplicate?: DeduplicateOptions;
}

export interface MeasuredStep {
  readonly name: "padded" | "minified" | "readable" | "dense" | "deduplicated";
  readonly tokens: number;
  /** Against minified JSON, as a fraction: −0.5 is half the tokens. */
  readonly change: number;
}

/**
 * What a value costs in each form, one after the other: a caller may stop between. A list of records
 * is also measured merged, as minified JSON. What `JSON.stringify` cannot pad is not measured padded:
 * nesting beyond some hundreds, and −0.
 * @throws `E_INVALID_INPUT` for a value that JSON cannot hold
 */
export function* measureSteps(
  value: JsonValue,
  { counter, deduplicate: options = {} }: MeasureStepsOptions,
): Generator<MeasuredStep> {
  const { plain } = checkJson(value);
  const minified = countTokens(counter, writeJson(value));
  const step = (name: MeasuredStep["name"], text: string): MeasuredStep => {
    const tokens = countTokens(counter, text);
    return { name, tokens, change: tokens / minified - 1 };
  };
  const padded = plain ? paddedJson(value) : undefined;
  if (padded !== undefined) yield step("padded", padded);
  yield { name: "minified", tokens: minified, change: 0 };
  yield step("readable", pack(value, { profile: "readable" }));
  yield step("dense", pack(value, { profile: "dense" }));
  if (!isList(value)) return;
  yield step("deduplicated", writeJson(deduplicate(value, options).records));
}

/** Padding can be many times the value, and more than a string can hold. */
function paddedJson(value: JsonValue): string | undefined {
  try {
    return JSON.stringify(value, null, 2);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
