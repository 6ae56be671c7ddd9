import { PalimpsestError } from "@palimpsest/core";
import { Temporal } from "temporal-polyfill";

interface ReadTime {
  /** Epoch milliseconds; finer digits are cut off. */
  readonly ms: number;
  readonly zone: "given" | "missing";
  /** The local time happened twice or never; the choice is that of `Temporal`'s "compatible". */
  readonly ambiguous: boolean;
}

export type TimeReader = (text: string) => ReadTime | undefined;

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?$/;

/**
 * Makes a reader for v1's times, which have no zone and are taken as local times of `timezone`
 * (IANA name). A time that has an offset keeps it.
 * @throws `E_INVALID_INPUT` for an unknown zone
 */
export function createTimeReader(timezone: string): TimeReader {
  const toEpoch = timezone === "UTC" ? undefined : zoned(timezone);
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const utc = toUtc(match);
    if (utc === undefined) return undefined;
    if (text.endsWith("Z")) return { ms: utc, zone: "given", ambiguous: false };
    if (match[8] !== undefined) {
      const minutes = Number(match[9]) * 60 + Number(match[10]);
      const ms = utc - (match[8] === "-" ? -minutes : minutes) * 60_000;
      return { ms, zone: "given", ambiguous: false };
    }
    if (toEpoch === undefined) return { ms: utc, zone: "missing", ambiguous: false };
    return { ...toEpoch(utc), zone: "missing" };
  };
}

function toUtc(match: RegExpExecArray): number | undefined {
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const millis = Number((match[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const date = new Date(0);
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day);
  date.setUTCHours(hour ?? 0, minute, second, millis);
  const same =
    date.getUTCMonth() + 1 === month &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return same ? date.getTime() : undefined;
}

/** Zone rules change on whole minutes, so one look-up per minute serves all times in it. */
function zoned(timezone: string): (utc: number) => { ms: number; ambiguous: boolean } {
  checkZone(timezone);
  const minutes = new Map<number, { shift: number; ambiguous: boolean }>();
  return (utc) => {
    const minute = Math.floor(utc / 60_000) * 60_000;
    let known = minutes.get(minute);
    if (known === undefined) {
      if (minutes.size >= 10_000) minutes.clear();
      known = lookUp(minute, timezone);
      minutes.set(minute, known);
    }
    return { ms: utc + known.shift, ambiguous: known.ambiguous };
  };
}

function lookUp(minute: number, timezone: string): { shift: number; ambiguous: boolean } {
  const local = Temporal.PlainDateTime.from(new Date(minute).toISOString().slice(0, -1));
  const at = (disambiguation: "compatible" | "earlier" | "later"): number =>
    local.toZonedDateTime(timezone, { disambiguation }).epochMilliseconds;
  return { shift: at("compatible") - minute, ambiguous: at("earlier") !== at("later") };
}

function checkZone(timezone: string): void {
  try {
    Temporal.Now.zonedDateTimeISO(timezone);
  } catch (cause) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `timezone ${JSON.stringify(timezone)} is unknown; give an IANA name such as "Europe/Madrid" or "UTC"`,
      { cause },
    );
  }
}
