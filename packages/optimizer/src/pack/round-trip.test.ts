import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyJson, records } from "./fixtures/json-values.ts";
import { pack } from "./pack.ts";
import type { PackProfile } from "./pack-profile.ts";
import { unpack } from "./unpack.ts";
import { parseJson } from "../json/parse-json.ts";
import { writeJson } from "../json/write-json.ts";
import type { JsonValue } from "@palimpsest/core";

/** Records to check; `PALIMPSEST_PACK_RECORDS=1000000` in the environment for the long run. */
const wanted = Number(process.env["PALIMPSEST_PACK_RECORDS"] ?? 50_000);
const hour = 3_600_000;

const profile = fc.constantFrom<PackProfile>("readable", "dense");

/** Values, prototypes, −0, the order of keys, and numbers as written. */
function isSame(packed: string, expected: unknown): boolean {
  const source = writeJson(expected as JsonValue);
  const native = unpack(packed);
  // Fast-check makes objects without a prototype, and numbers have a source. Not by JSON.parse, which
  // takes one key for another: see `parseJsonText`.
  const plain = parseJson(source, { numbers: "native" });
  return (
    isDeepStrictEqual(native, plain) &&
    writeJson(native) === writeJson(plain) &&
    writeJson(unpack(packed, { numbers: "source" })) === source
  );
}

describe("unpack(pack(value)) is the value", () => {
  test("for records", { timeout: hour }, () => {
    let checked = 0;
    fc.assert(
      fc.property(records, profile, fc.boolean(), (value, name, legend) => {
        checked += value.length;
        const text = pack(value, { profile: name, legend });
        expect(isSame(text, value)).toBe(true);
      }),
      { numRuns: Math.ceil(wanted / 3) },
    );
    expect(checked).toBeGreaterThanOrEqual(wanted);
  });

  test("for documents and maps of records", { timeout: hour }, () => {
    const document = fc.record({ list: records, config: anyJson }, { requiredKeys: [] });
    const map = fc.dictionary(fc.string({ maxLength: 3 }), fc.record({ a: anyJson, b: anyJson }));
    fc.assert(
      fc.property(fc.oneof(document, map), profile, (value, name) => {
        expect(isSame(pack(value, { profile: name }), value)).toBe(true);
      }),
      { numRuns: Math.ceil(wanted / 20) },
    );
  });

  test("for any JSON value", { timeout: hour }, () => {
    const value = fc.oneof(anyJson, fc.array(anyJson), fc.jsonValue());
    fc.assert(
      fc.property(value, profile, (json, name) => {
        expect(isSame(pack(json, { profile: name }), json)).toBe(true);
      }),
      { numRuns: Math.ceil(wanted / 10) },
    );
  });
});
