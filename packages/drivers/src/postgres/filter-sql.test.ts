import fc from "fast-check";
import { canonicalJson, type Filter, type JsonObject, matchesFilter } from "@palimpsest/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filterSql, Parameters } from "./filter-sql.ts";
import { type InProcessPostgres, startPglite } from "./fixtures/pglite.ts";

let postgres: InProcessPostgres;

beforeAll(async () => {
  postgres = await startPglite();
});

afterAll(async () => {
  await postgres.close();
});

async function matchesOnServer(filter: Filter, metadata: JsonObject): Promise<unknown> {
  const parameters = new Parameters([canonicalJson(metadata)]);
  const text = `SELECT ${filterSql(filter, "d.m", parameters)} AS matches FROM (SELECT $1::text::jsonb AS m) d`;
  const { rows } = await postgres.client.query({ text, values: parameters.values });
  return (rows[0] as { matches: unknown }).matches;
}

const awkward = [
  "a",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "\u{10000}",
  "\u{10fffe}",
  "\u{10ffff}",
  "\u0001",
];
const strings = fc.array(fc.constantFrom(...awkward), { maxLength: 3 }).map((all) => all.join(""));
const orders = fc.constantFrom("gt" as const, "gte" as const, "lt" as const, "lte" as const);

test("strings order by UTF-16 code unit, whatever their characters", async () => {
  await fc.assert(
    fc.asyncProperty(orders, strings, strings, async (op, stored, value) => {
      const filter: Filter = { op, path: ["a"], value };
      const metadata = { a: stored };
      expect(await matchesOnServer(filter, metadata)).toBe(matchesFilter(filter, metadata));
    }),
    { numRuns: 300, seed: 21 },
  );
});

const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 1e21, 5e-324, Number.MAX_VALUE, 0.1, 0.30000000000000004, 2 ** 53),
);

test("numbers of any size compare as doubles do", async () => {
  await fc.assert(
    fc.asyncProperty(orders, numbers, numbers, async (op, stored, value) => {
      for (const bound of [value, stored]) {
        const filter: Filter = { op, path: ["a"], value: bound };
        const equal: Filter = { op: "eq", path: ["a"], value: bound };
        const metadata = { a: stored };
        const found = [
          await matchesOnServer(filter, metadata),
          await matchesOnServer(equal, metadata),
        ];
        expect(found).toEqual([matchesFilter(filter, metadata), matchesFilter(equal, metadata)]);
      }
    }),
    { numRuns: 150, seed: 22 },
  );
});

test("a filter of more parts than the protocol can count is refused", () => {
  const part: Filter = { op: "exists", path: ["a"], value: true };
  const filter: Filter = { op: "or", filters: Array.from({ length: 65_536 }, () => part) };
  expect(() => filterSql(filter, "d.m", new Parameters())).toThrow(
    expect.objectContaining({ code: "E_INVALID_INPUT" }),
  );
});
