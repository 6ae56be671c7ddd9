import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyJson, records } from "./fixtures/json-values.ts";
import { pack } from "./pack.ts";
import type { PackProfile } from "./pack-profile.ts";
import { packStream } from "./pack-stream.ts";
import { unpack } from "./unpack.ts";
import { writeJson } from "../json/write-json.ts";
import type { JsonValue } from "@palimpsest/core";

/** Records to check; `PALIMPSEST_PACK_RECORDS=1000000` in the environment for the long run. */
const wanted = Number(process.env["PALIMPSEST_PACK_RECORDS"] ?? 50_000);
const hour = 3_600_000;

const profile = fc.constantFrom<PackProfile>("readable", "dense");

/** Values, prototypes, −0 and the order of keys. */
function expectSame(actual: unknown, expected: unknown): void {
  // fast-check makes objects without a prototype; those come back as plain ones.
  const plain = JSON.parse(writeJson(expected as JsonValue)) as unknown;
  if (!isDeepStrictEqual(actual, plain)) expect(actual).toStrictEqual(plain);
  expect(writeJson(actual as JsonValue)).toBe(writeJson(plain as JsonValue));
}

describe("unpack(pack(value)) is the value", () => {
  test("for records", { timeout: hour }, () => {
    let checked = 0;
    fc.assert(
      fc.property(records, profile, fc.boolean(), (value, name, legend) => {
        checked += value.length;
        expectSame(unpack(pack(value, { profile: name, legend })), value);
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
        expectSame(unpack(pack(value, { profile: name })), value);
      }),
      { numRuns: Math.ceil(wanted / 20) },
    );
  });

  test("for any JSON value", { timeout: hour }, () => {
    const value = fc.oneof(anyJson, fc.array(anyJson), fc.jsonValue());
    fc.assert(
      fc.property(value, profile, (json, name) => {
        expectSame(unpack(pack(json, { profile: name })), json);
      }),
      { numRuns: Math.ceil(wanted / 10) },
    );
  });
});
