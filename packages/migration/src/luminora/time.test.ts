import { expect, test } from "vitest";
import { createTimeReader } from "./time.ts";

const utc = createTimeReader("UTC");

test.each([
  ["2026-11-20T22:54:05.130011", "2026-11-20T22:54:05.130Z", "missing"],
  ["2026-11-20 22:54:29", "2026-11-20T22:54:29.000Z", "missing"],
  ["2024-02-29T00:00", "2024-02-29T00:00:00.000Z", "missing"],
  ["2024-11-18T10:30:00Z", "2024-11-18T10:30:00.000Z", "given"],
  ["2024-11-18T10:30:00+02:00", "2024-11-18T08:30:00.000Z", "given"],
  ["2024-11-18T10:30:00.5-0330", "2024-11-18T14:00:00.500Z", "given"],
])("reads %s", (text, iso, zone) => {
  expect(utc(text)).toEqual({ ms: Date.parse(iso), zone, ambiguous: false });
});

test.each([
  "",
  "yesterday",
  "2024-02-30T00:00:00",
  "2024-01-01",
  "1700000000",
  "2024-13-01T00:00:00",
])("does not guess %j", (text) => {
  expect(utc(text)).toBeUndefined();
});

test("takes local times of the given zone, and says when one is no single moment", () => {
  const madrid = createTimeReader("Europe/Madrid");
  const at = (text: string): [string, boolean] => {
    const time = madrid(text);
    return [new Date(time?.ms ?? 0).toISOString(), time?.ambiguous ?? false];
  };
  expect(at("2024-07-01T12:00:00.250999")).toEqual(["2024-07-01T10:00:00.250Z", false]);
  expect(at("2024-12-01T12:00:00")).toEqual(["2024-12-01T11:00:00.000Z", false]);
  // Clocks went from 03:00 back to 02:00: the earlier moment. And from 02:00 to 03:00: moved on.
  expect(at("2024-10-27T02:30:00")).toEqual(["2024-10-27T00:30:00.000Z", true]);
  expect(at("2024-03-31T02:30:00")).toEqual(["2024-03-31T01:30:00.000Z", true]);
  expect(at("2024-07-01T12:00:00Z")).toEqual(["2024-07-01T12:00:00.000Z", false]);
});

test("refuses an unknown zone", () => {
  expect(() => createTimeReader("Europe/Madird")).toThrow(
    expect.objectContaining({
      code: "E_INVALID_INPUT",
      message: expect.stringContaining("Madird"),
    }),
  );
});
