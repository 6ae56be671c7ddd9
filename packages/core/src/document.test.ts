import fc from "fast-check";
import { expect, test } from "vitest";
import { compareKeys, compareUtf8 } from "./document.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", "\ud7ff", "\ue000", "\uffff", "😀", "\u{10ffff}", "é") }),
);

test("strings compare as their UTF-8 bytes do", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareUtf8(a, b))).toBe(expected);
      expect(Math.sign(compareUtf8(`x${a}`, `x${b}`))).toBe(expected);
    }),
    { numRuns: 1_000 },
  );
});

test("keys compare by scope, then id", () => {
  const keys = [
    { scope: "b", id: "a" },
    { scope: "", id: "z" },
    { scope: "b", id: "" },
  ];
  expect(keys.toSorted(compareKeys).map(({ scope, id }) => scope + id)).toEqual(["z", "b", "ba"]);
});
