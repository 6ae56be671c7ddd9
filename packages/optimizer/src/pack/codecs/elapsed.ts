import { fail } from "../cells/cell.ts";
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
  const clock = instants(pattern);
  return {
    spec: `${pattern.text}-${base.kind === "above" ? "^" : `@${base.name}`}`,
    base,
    write(value, other) {
      const since = clock.of(other) ?? 0;
      const instant = clock.of(value);
      return instant === undefined ? undefined : String((instant - since) / unit);
    },
    read(cell, other) {
      if (!integer.test(cell)) return fail("an integer is missing here");
      const instant = Number(cell) * unit + (clock.of(other) ?? 0);
      return clock.text(instant) ?? fail("the date is out of range");
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

interface Instants {
  /** Milliseconds since 1970 by the fields alone: the zone is the pattern's, so it cancels out. */
  of(value: Value): number | undefined;
  text(instant: number): string | undefined;
}

function instants(pattern: TimestampPattern): Instants {
  const { text } = pattern;
  const end = text.search(/(?:Z|[+-]\d\d:\d\d)?$/);
  const separator = text.charAt(10) || "T";
  // A row's value is the next row's base.
  let last: { readonly value: Value; readonly instant: number | undefined } | undefined;
  return {
    of(value) {
      if (last === undefined || last.value !== value) {
        last = { value, instant: instantOf(value, pattern) };
      }
      return last.instant;
    },
    text(instant) {
      if (!(instant >= firstInstant && instant <= lastInstant)) return undefined;
      const iso = new Date(instant).toISOString();
      const value =
        iso.slice(0, 10) + (end > 10 ? separator + iso.slice(11, end) : "") + text.slice(end);
      last = { value, instant };
      return value;
    },
  };
}

function instantOf(value: Value, pattern: TimestampPattern): number | undefined {
  if (typeof value !== "string" || !matchesPattern(value, pattern)) return undefined;
  const length = pattern.fields.length;
  const year = Number(value.slice(0, 4));
  const month = pair(value, 5);
  const date = pair(value, 8);
  const hour = length > 3 ? pair(value, 11) : 0;
  const minute = length > 4 ? pair(value, 14) : 0;
  const second = length > 5 ? pair(value, 17) : 0;
  const fraction = length > 6 ? Number(value.slice(20, 23)) : 0;
  const inRange =
    year >= 100 && month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60;
  if (!inRange || date < 1 || date > (daysOfMonth[month - 1] ?? 0)) return undefined;
  if (month === 2 && date === 29 && !isLeap(year)) return undefined;
  return Date.UTC(year, month - 1, date, hour, minute, second, fraction);
}

function pair(value: string, at: number): number {
  return value.charCodeAt(at) * 10 + value.charCodeAt(at + 1) - 528;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const firstInstant = Date.UTC(100, 0, 1);
const lastInstant = Date.UTC(10_000, 0, 1) - 1;
