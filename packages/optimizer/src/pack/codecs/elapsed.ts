import { fail } from "./cell.ts";
import type { Base, Codec, Value } from "./codec.ts";
import { matchesPattern, type TimestampPattern } from "./timestamp-pattern.ts";

const integer = /^-?(?:0|[1-9]\d{0,15})$/;
const day = 86_400_000;
const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Timestamps as the time since the row above or since another column, in the pattern's smallest
 * field (ms, s, min or days). A base that is no timestamp of this pattern counts as 1970.
 * Only for patterns whose every field is variable, with at most milliseconds.
 */
export function elapsed(pattern: TimestampPattern, base: Base): Codec {
  const unit = unitOf(pattern);
  return {
    spec: `${pattern.text}-${base.kind === "above" ? "^" : `@${base.name}`}`,
    base,
    write(value, other) {
      const instant = instantOf(value, pattern);
      if (instant === undefined) return undefined;
      return String((instant - (instantOf(other, pattern) ?? 0)) / unit);
    },
    read(cell, other) {
      if (!integer.test(cell)) return fail("an integer is missing here");
      const instant = Number(cell) * unit + (instantOf(other, pattern) ?? 0);
      return textOf(instant, pattern) ?? fail("the date is out of range");
    },
  };
}

export function canElapse({ text }: TimestampPattern): boolean {
  return /^YYYY-MM-DD(?:[T ]hh:mm(?::ss(?:\.SSS)?)?(?:[Z+-].*)?)?$/.test(text);
}

function unitOf({ text }: TimestampPattern): number {
  if (text.includes("S")) return 1;
  if (text.includes("s")) return 1000;
  return text.includes("m") ? 60_000 : day;
}

/** Milliseconds since 1970 by the fields alone: the zone is the pattern's, so it cancels out. */
function instantOf(value: Value, pattern: TimestampPattern): number | undefined {
  if (typeof value !== "string" || !matchesPattern(value, pattern)) return undefined;
  const field = (from: number, to: number) => Number(value.slice(from, to));
  const { text } = pattern;
  const year = field(0, 4);
  const month = field(5, 7);
  const date = field(8, 10);
  const hour = text.includes("h") ? field(11, 13) : 0;
  const minute = text.includes("m") ? field(14, 16) : 0;
  const second = text.includes("s") ? field(17, 19) : 0;
  const fraction = text.includes("S") ? field(20, 23) : 0;
  const inRange =
    year >= 100 && month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60;
  if (!inRange || date < 1 || date > (daysOfMonth[month - 1] ?? 0)) return undefined;
  if (month === 2 && date === 29 && !isLeap(year)) return undefined;
  return Date.UTC(year, month - 1, date, hour, minute, second, fraction);
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const firstInstant = Date.UTC(100, 0, 1);
const lastInstant = Date.UTC(10_000, 0, 1) - 1;

function textOf(instant: number, { text }: TimestampPattern): string | undefined {
  if (!(instant >= firstInstant && instant <= lastInstant)) return undefined;
  const iso = new Date(instant).toISOString();
  const end =
    Math.max(
      text.lastIndexOf("D"),
      text.lastIndexOf("m"),
      text.lastIndexOf("s"),
      text.lastIndexOf("S"),
    ) + 1;
  return iso.slice(0, end).replace("T", text.charAt(10) || "T") + text.slice(end);
}
