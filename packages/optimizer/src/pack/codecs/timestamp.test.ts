import { describe, expect, test } from "vitest";
import { throughCodec } from "../fixtures/cell-format.ts";
import { timestamp } from "./timestamp.ts";
import { narrowed, patternOf, readPattern, type TimestampPattern } from "./timestamp-pattern.ts";

function pattern(text: string): TimestampPattern {
  const found = readPattern(text);
  if (found === undefined) throw new Error(`${text} is no pattern`);
  return found;
}

describe("patterns", () => {
  test.each([
    ["2025-01-07", "YYYY-MM-DD"],
    ["2025-01-07T03:02", "YYYY-MM-DDThh:mm"],
    ["2025-01-07T03:02:13Z", "YYYY-MM-DDThh:mm:ssZ"],
    ["2025-01-07 03:02:13.086", "YYYY-MM-DD hh:mm:ss.SSS"],
    ["2025-01-07T03:02:13.123456+02:00", "YYYY-MM-DDThh:mm:ss.SSSSSS+02:00"],
    ["2025-01-07T03:02-11:30", "YYYY-MM-DDThh:mm-11:30"],
  ])("%s has the pattern %s", (value, text) => {
    expect(patternOf(value)?.text).toBe(text);
    expect(readPattern(text)?.text).toBe(text);
  });

  test.each(["2025-1-7", "2025-01-07T", "07.01.2025", "2025-01-07T03:02:13.1234567890Z", "1999"])(
    "%s has none",
    (value) => {
      expect(patternOf(value)).toBeUndefined();
    },
  );

  test.each(["YYY-MM-DD", "YYYY-MM-DDThh", "YYYY-MM", "2025-01-07 text", "hh:mm", "", "Z"])(
    "%j is none",
    (text) => {
      expect(readPattern(text)).toBeUndefined();
    },
  );

  test("what all values share is written out, the century before the year", () => {
    const values = ["2024-05-07T09:00:00Z", "2025-05-09T10:00:00Z"];
    expect(narrowed(pattern("YYYY-MM-DDThh:mm:ssZ"), values)?.text).toBe("20YY-05-DDThh:00:00Z");
    expect(narrowed(pattern("YYYY-MM-DD"), ["1999-12-31", "2000-12-31"])?.text).toBe("YYYY-12-31");
  });
});

describe("timestamp cells", () => {
  const value = "2025-01-07T03:02:13.086Z";

  test("hold the digits that vary, spaced or fused", () => {
    const full = pattern("YYYY-MM-DDThh:mm:ss.SSSZ");
    expect(throughCodec(timestamp(full, "spaced"), value)).toBe("20250107 030213.086");
    expect(throughCodec(timestamp(full, "fused"), value)).toBe("20250107030213086");
    expect(throughCodec(timestamp(pattern("2025-MM-DDThh:mm:13.SSSZ"), "spaced"), value)).toBe(
      "0107 0302.086",
    );
    expect(throughCodec(timestamp(pattern("20YY-MM-DD"), "spaced"), "2025-02-30")).toBe("250230");
  });

  test("are read in either style", () => {
    const full = pattern("2025-MM-DDThh:mm:ssZ");
    const codec = timestamp(full, "fused");
    expect(codec.read("0107 030213", undefined)).toBe("2025-01-07T03:02:13Z");
    expect(codec.read("0107030213", undefined)).toBe("2025-01-07T03:02:13Z");
  });

  test("take no other strings, and no other cells", () => {
    const codec = timestamp(pattern("2025-MM-DD"), "spaced");
    for (const other of ["2024-01-07", "2025-01-7", "2025-01-07 ", "2025-ab-07", 20250107]) {
      expect(codec.write(other, undefined)).toBeUndefined();
    }
    for (const cell of ["107", "01 07", "01077", "ab07", "01-7"]) {
      expect(() => codec.read(cell, undefined)).toThrow("does not fit 2025-MM-DD");
    }
  });
});
