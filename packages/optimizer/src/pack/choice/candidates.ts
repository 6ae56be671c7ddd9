import type { CellFormat } from "../cells/cell.ts";
import type { Codec, Value } from "../codecs/codec.ts";
import { difference } from "../codecs/difference.ts";
import { canElapse, elapsed } from "../codecs/elapsed.ts";
import { list, listSeparator } from "../codecs/list.ts";
import { plain } from "../codecs/plain.ts";
import { scaled } from "../codecs/scaled.ts";
import { maxTemplate, readTemplate, template } from "../codecs/template.ts";
import { text } from "../codecs/text.ts";
import { timestamp } from "../codecs/timestamp.ts";
import {
  matchesPattern,
  narrowed,
  patternOf,
  type TimestampPattern,
} from "../codecs/timestamp-pattern.ts";
import type { Leaf, LeafFacts } from "./leaf.ts";

export interface CandidateOptions {
  readonly format: CellFormat;
  /** Also codecs that a reader has to calculate with. */
  readonly dense: boolean;
  /** Names of columns with the given timestamps, to which others may be relative. */
  timestampsLike(pattern: TimestampPattern): readonly string[];
}

/** Enough arrays to see which separator their texts do not contain. */
const listSample = 200;

/** The codecs worth trying for a column, the plain one first. */
export function candidateCodecs(leaf: Leaf, facts: LeafFacts, options: CandidateOptions): Codec[] {
  const { format, dense } = options;
  const codecs = [plain(format)];
  if (facts.arrays > 0 && format.stops === "") {
    return [...codecs, list(listSeparator(leaf.values.slice(0, listSample)), format)];
  }
  if (facts.strings > 0 && facts.strings >= facts.numbers) {
    codecs.push(...stringCodecs(leaf.values, options));
  } else if (dense && facts.numbers > 0) {
    if (facts.repeatable) codecs.push(difference());
    const digits = decimals(leaf.values);
    if (digits > 0 && digits <= 6) codecs.push(scaled(digits));
  }
  return codecs;
}

function stringCodecs(values: readonly Value[], options: CandidateOptions): Codec[] {
  const { format, dense } = options;
  const strings = values.filter((value) => typeof value === "string");
  const pattern = patternOf(strings[0] ?? "");
  if (pattern) return timestampCodecs(strings, pattern, options);
  const codecs = [text(format)];
  const around = affixes(strings);
  const whole = wholeWords(around);
  // Half a word or the first word of a sentence reads badly; only the dense profile cuts there.
  const shapes = dense ? [around, whole] : [whole].filter(isMarked);
  for (const { prefix, suffix } of shapes) {
    if (readTemplate(`${prefix}*${suffix}`) && prefix + suffix !== "") {
      codecs.push(
        template({ prefix, suffix, width: paddedWidth(strings, prefix, suffix) }, format),
      );
    }
  }
  return codecs;
}

function timestampCodecs(
  strings: readonly string[],
  pattern: TimestampPattern,
  { dense, timestampsLike }: CandidateOptions,
): Codec[] {
  const matching = strings.filter((value) => matchesPattern(value, pattern));
  const short = narrowed(pattern, matching);
  const codecs: Codec[] = [];
  if (short && short.fields.length > 0) codecs.push(timestamp(short, dense ? "fused" : "spaced"));
  if (dense && canElapse(pattern)) {
    codecs.push(elapsed(pattern, { kind: "above" }));
    for (const name of timestampsLike(pattern)) {
      codecs.push(elapsed(pattern, { kind: "column", name }));
    }
  }
  return codecs;
}

interface Affixes {
  readonly prefix: string;
  readonly suffix: string;
}

/** What all strings start and end with, leaving a part of each; without signs that a template uses. */
function affixes(strings: readonly string[]): Affixes {
  const [first = ""] = strings;
  let prefix = first.slice(0, maxTemplate);
  let suffix = first.slice(-maxTemplate);
  let shortest = first.length;
  for (const value of strings) {
    shortest = Math.min(shortest, value.length);
    while (!value.startsWith(prefix)) prefix = prefix.slice(0, -1);
    while (!value.endsWith(suffix)) suffix = suffix.slice(1);
    if (prefix === "" && suffix === "") break;
  }
  prefix = /^[^*#]*/.exec(prefix.slice(0, shortest - 1))?.[0] ?? "";
  suffix = /[^*#]*$/.exec(suffix)?.[0] ?? "";
  return {
    prefix,
    suffix: suffix.slice(Math.max(0, suffix.length + prefix.length + 1 - shortest)),
  };
}

function wholeWords({ prefix, suffix }: Affixes): Affixes {
  return {
    prefix: prefix.replace(/[\p{L}\p{N}]+$/u, ""),
    suffix: suffix.replace(/^[\p{L}\p{N}]+/u, ""),
  };
}

/** Whether a sign beside letters and spaces sets the varying part off: `fact_`, `Error: `, `.com`. */
function isMarked({ prefix, suffix }: Affixes): boolean {
  return /[^\p{L}\p{N}\s]/u.test(prefix + suffix);
}

/** The digits of zero-padded numbers in the varying part, or 0. */
function paddedWidth(strings: readonly string[], prefix: string, suffix: string): number {
  const parts = strings.map((value) => value.slice(prefix.length, value.length - suffix.length));
  const width = parts[0]?.length ?? 0;
  const padded = parts.some((part) => part.startsWith("0"));
  return width > 1 &&
    padded &&
    parts.every((part) => /^\d{2,15}$/.test(part) && part.length >= width)
    ? width
    : 0;
}

function decimals(values: readonly Value[]): number {
  let most = 0;
  for (const value of values) {
    if (typeof value !== "number" || Number.isInteger(value)) continue;
    const [, fraction = ""] = String(value).split(".");
    most = Math.max(most, fraction.length);
  }
  return most;
}
