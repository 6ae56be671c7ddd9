import fc from "fast-check";
import { expect, test } from "vitest";
import { Sequence } from "./sequence.ts";

test("the first look never vouches for what was read before it", () => {
  expect(new Sequence().check(0, true)).toBe(true);
});

test("messages in any order are not missed, a lost one is reported once (property)", () => {
  const numbers = fc.integer({ min: 1, max: 30 });
  fc.assert(
    fc.property(numbers, fc.option(numbers), fc.infiniteStream(fc.nat()), (count, lost, random) => {
      const sequence = new Sequence();
      sequence.check(0, true);
      const order = Array.from({ length: count }, (_, i) => i + 1)
        .filter((number) => number !== lost)
        .map((number) => ({ number, at: random.next().value as number }))
        .toSorted((a, b) => a.at - b.at);
      // Late messages are given until the check after the next.
      expect(sequence.check(count, true)).toBe(false);
      for (const { number } of order) sequence.see(number);
      const isLost = lost !== null && lost <= count;
      expect(sequence.check(count, true)).toBe(isLost);
      expect(sequence.check(count, true)).toBe(false);
    }),
  );
});

test("who does not listen has missed whatever was counted", () => {
  const sequence = new Sequence();
  sequence.check(5, false);
  expect(sequence.check(5, false)).toBe(false);
  expect(sequence.check(6, false)).toBe(true);
  sequence.see(7);
  expect(sequence.check(7, false)).toBe(false);
});

test("a counter that went back was lost with everything else", () => {
  const sequence = new Sequence();
  sequence.check(5, true);
  expect(sequence.check(0, true)).toBe(true);
  expect(sequence.check(0, true)).toBe(false);
});
