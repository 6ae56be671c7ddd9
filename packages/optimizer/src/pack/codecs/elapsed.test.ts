import fc from "fast-check";
import { expect, test } from "vitest";
import { throughCodec } from "../fixtures/cell-format.ts";
import { canElapse, elapsed } from "./elapsed.ts";
import { patternOf, type TimestampPattern } from "./timestamp-pattern.ts";

function like(value: string): TimestampPattern {
  const found = patternOf(value);
  if (found === undefined) throw new Error(`${value} is no timestamp`);
  return found;
}

const above = { kind: "above" } as const;

test.each([
  ["2025-03-01", "2025-02-28", "1"],
  ["2024-03-01", "2024-02-28", "2"],
  ["2025-01-01T00:00Z", "2025-01-01T00:05Z", "-5"],
  ["2025-01-01 00:00:10", "2024-12-31 23:59:59", "11"],
  ["2025-01-07T03:02:13.086Z", "2025-01-07T03:02:13.000Z", "86"],
  ["2025-01-07T03:02:13+02:00", "2025-01-07T03:02:12+02:00", "1"],
  ["1970-01-02", undefined, "1"],
  ["1970-01-02", "no date", "1"],
])("%s after %s is %s", (value, base, cell) => {
  expect(throughCodec(elapsed(like(value), above), value, base)).toBe(cell);
});

test("dates that no calendar has do not fit", () => {
  const impossible = [
    "2025-02-29",
    "1900-02-29",
    "2025-04-31",
    "2025-00-10",
    "2025-13-10",
    "2025-01-00",
    "0099-01-01",
  ];
  const codec = elapsed(like("2025-01-01"), above);
  for (const value of impossible) expect(codec.write(value, undefined)).toBeUndefined();
  const timed = elapsed(like("2025-01-01T00:00:00Z"), above);
  for (const time of ["24:00:00", "23:60:00", "23:59:60"]) {
    expect(timed.write(`2025-01-01T${time}Z`, undefined)).toBeUndefined();
  }
  expect(throughCodec(codec, "2000-02-29", "2000-02-28")).toBe("1");
});

test("a result outside the years 100 to 9999 is refused", () => {
  const codec = elapsed(like("2025-01-01"), above);
  expect(() => codec.read("9999999", "2025-01-01")).toThrow("out of range");
  expect(() => codec.read("-999999", "2025-01-01")).toThrow("out of range");
  expect(() => codec.read("1.5", "2025-01-01")).toThrow("an integer is missing");
});

test("more than milliseconds, and fields written out, cannot be calculated with", () => {
  expect(canElapse(like("2025-01-01T00:00:00.123456Z"))).toBe(false);
  expect(canElapse(like("2025-01-01T00:00:00.1Z"))).toBe(false);
  expect(canElapse({ ...like("2025-01-01"), text: "2025-MM-DD" })).toBe(false);
  expect(canElapse(like("2025-01-01T00:00:00.123Z"))).toBe(true);
});

test("any two instants", () => {
  const instant = fc
    .date({ min: new Date("0100-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
    .map((date) => date.toISOString());
  const codec = elapsed(like("2025-01-01T00:00:00.123Z"), { kind: "column", name: "created" });
  fc.assert(
    fc.property(instant, instant, (value, base) => {
      expect(throughCodec(codec, value, base)).toBe(String(Date.parse(value) - Date.parse(base)));
    }),
  );
});
