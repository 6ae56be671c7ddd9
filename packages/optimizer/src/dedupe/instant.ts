import type { JsonValue } from "@palimpsest/core";
import { isRawNumber } from "../json/raw-number.ts";

const isoDate =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** From here a number is milliseconds; as seconds it would be beyond the year 5138. */
const firstMilliseconds = 1e11;

/**
 * The moment of a date in epoch microseconds, or undefined when it is none: ISO 8601 with or without
 * leading zeros, a time without a zone as UTC, or a number of epoch seconds or milliseconds.
 */
export function instantOf(value: JsonValue): number | undefined {
  const number = isRawNumber(value) ? Number(value.rawJSON) : value;
  if (typeof number === "number") {
    return Math.abs(number) < firstMilliseconds ? number * 1e6 : number * 1e3;
  }
  return typeof value === "string" ? parseInstant(value.trim()) : undefined;
}

function parseInstant(text: string): number | undefined {
  const [whole, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone] =
    isoDate.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const fields = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = fields;
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  const real = date.getUTCMonth() === mo - 1 && date.getUTCDate() === d;
  if (!real || h > 24 || mi > 59 || s > 60) return undefined;
  const seconds = date.getTime() / 1000 + h * 3600 + mi * 60 + s - zoneSeconds(zone);
  return seconds * 1e6 + Number(fraction.padEnd(9, "0")) / 1000;
}

function zoneSeconds(zone: string | undefined): number {
  const [, sign, hours, minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? "") ?? [];
  const seconds = Number(hours ?? 0) * 3600 + Number(minutes) * 60;
  return sign === "-" ? -seconds : seconds;
}
