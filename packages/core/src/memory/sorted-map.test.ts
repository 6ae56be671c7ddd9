import fc from "fast-check";
import { expect, test } from "vitest";
import { SortedMap } from "./sorted-map.ts";
import { top } from "./top.ts";

const key = fc.oneof(fc.constantFrom("a", "b", "é", "\uffff", "😀", "aa", "z"), fc.string());
const change = fc.record({ key, deletes: fc.boolean() });
/** Few changes are sorted in one by one, many at once. */
const round = fc.record({
  changes: fc.oneof(fc.array(change, { maxLength: 5 }), fc.array(change, { minLength: 40 })),
  start: fc.option(key, { nil: undefined }),
  inclusive: fc.boolean(),
});

test("walks between any changes agree with sorting anew", () => {
  fc.assert(
    fc.property(fc.array(round, { maxLength: 6 }), (rounds) => {
      const map = new SortedMap<number>();
      const model = new Map<string, number>();
      for (const [i, { changes, start, inclusive }] of rounds.entries()) {
        for (const { key: name, deletes } of changes) {
          for (const each of [map, model]) {
            if (deletes) each.delete(name);
            else each.set(name, i);
          }
        }
        const sorted = [...model].toSorted(([a], [b]) => compareBytes(a, b));
        const least = inclusive ? 0 : 1;
        const expected = sorted.filter(
          ([name]) => start === undefined || compareBytes(name, start) >= least,
        );
        expect([...map.walk(start, inclusive)]).toEqual(expected);
        expect(map.size).toBe(model.size);
      }
    }),
    { numRuns: 300 },
  );
});

test("the first k are those of a full sort", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 400 }), fc.nat(20), (numbers, k) => {
      expect(top(numbers, k, ascending)).toEqual(numbers.toSorted(ascending).slice(0, k));
    }),
  );
});

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function ascending(a: number, b: number): number {
  return a - b;
}
