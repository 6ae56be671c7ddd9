import type { JsonValue, TokenCounter } from "@palimpsest/core";
import { checkJson } from "../json/check-json.ts";
import { writeJson } from "../json/write-json.ts";
import { countTokens } from "../tokens/count-tokens.ts";
import { isCompressed } from "./compressed-text.ts";
import { spacedJson } from "./spaced-json.ts";

/** One text against another. Bytes are of UTF-8; percent has two decimals and is below 0 for growth. */
export interface SizeReduction {
  readonly originalBytes: number;
  readonly compressedBytes: number;
  readonly reductionBytes: number;
  readonly reductionPercent: number;
  /** Only with a token counter. */
  readonly originalTokens?: number;
  readonly compressedTokens?: number;
  readonly tokenReductionPercent?: number;
}

/** The same compressed text against two ways to write the original as JSON. */
export interface Reduction {
  /** The honest one: no white space. */
  readonly minified: SizeReduction;
  /** A space after `,` and `:`, as v1 and Python's `json.dumps` write. */
  readonly padded: SizeReduction;
}

/**
 * Compares with what `compress` or `compressBatch` gave (a batch as lines), or with any JSON value.
 * @throws `E_INVALID_INPUT` when one of the two is not JSON
 */
export function calculateReduction(
  original: unknown,
  compressed: unknown,
  counter?: TokenCounter,
): Reduction {
  checkJson(original);
  const json = original as JsonValue;
  const after = measure(textOf(compressed), counter);
  const against = (before: string): SizeReduction => reductionOf(measure(before, counter), after);
  return {
    minified: against(writeJson(json)),
    padded: against(spacedJson(json)),
  };
}

interface Measure {
  readonly bytes: number;
  readonly tokens: number | undefined;
}

function measure(text: string, counter: TokenCounter | undefined): Measure {
  return { bytes: Buffer.byteLength(text), tokens: counter && countTokens(counter, text) };
}

function reductionOf(before: Measure, after: Measure): SizeReduction {
  return {
    originalBytes: before.bytes,
    compressedBytes: after.bytes,
    reductionBytes: before.bytes - after.bytes,
    reductionPercent: percentSaved(before.bytes, after.bytes),
    ...(before.tokens !== undefined &&
      after.tokens !== undefined && {
        originalTokens: before.tokens,
        compressedTokens: after.tokens,
        tokenReductionPercent: percentSaved(before.tokens, after.tokens),
      }),
  };
}

/** Percent of `before` that `after` does without, with two decimals. */
export function percentSaved(before: number, after: number): number {
  return before === 0 ? 0 : Math.round(((before - after) * 1e4) / before) / 100;
}

function textOf(compressed: unknown): string {
  if (isCompressed(compressed)) return compressed;
  if (Array.isArray(compressed) && compressed.length > 0 && compressed.every(isCompressed)) {
    return compressed.join("\n");
  }
  checkJson(compressed);
  return writeJson(compressed as JsonValue);
}
