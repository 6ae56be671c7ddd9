import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageWindow } from "./usage-window.ts";

test("lets through what is left, and says when the next amount fits", () => {
  const window = new UsageWindow(10, 1_000, 10);
  expect(window.waitFor(10, 0)).toBe(0);
  window.use(6, 0);
  window.use(4, 250);
  expect(window.waitFor(6, 250)).toBe(850); // The first slice ends at 100, an interval later it is forgotten.
  expect(window.waitFor(7, 250)).toBe(1_050);
  expect(window.waitFor(6, 1_100)).toBe(0);
});

test("what is more than an interval allows takes whole intervals besides", () => {
  const window = new UsageWindow(10, 1_000, 10);
  expect(window.waitFor(25, 0)).toBe(2_000);
  window.use(10, 0);
  expect(window.waitFor(25, 0)).toBe(3_100);
});

test("a correction gives back or owes in the slice that was charged, until it is forgotten", () => {
  const window = new UsageWindow(10, 1_000, 10);
  const slice = window.use(8, 0);
  window.correct(slice, -5);
  expect(window.waitFor(7, 0)).toBe(0);
  window.correct(slice, +9);
  expect(window.waitFor(1, 500)).toBe(600);
  expect(window.waitFor(10, 1_100)).toBe(0);
  window.correct(slice, +9);
  expect(window.waitFor(10, 1_100)).toBe(0);
});

test("no limit never waits; a clock that goes back frees nothing", () => {
  expect(new UsageWindow(Infinity, 1_000, 10).waitFor(1e9, 0)).toBe(0);
  const window = new UsageWindow(1, 1_000, 10);
  window.use(1, 5_000);
  expect(window.waitFor(1, 4_000)).toBeGreaterThan(0);
});

test("a clock that was set back by an hour frees nothing, and locks nobody out for an hour", () => {
  const window = new UsageWindow(2, 1_000, 10);
  window.use(2, 3_600_000);
  expect(window.waitFor(1, 5_000)).toBe(1_100);
  expect(window.waitFor(1, 6_100)).toBe(0);
});

test("what floating point rounds off lets nobody through too early", () => {
  const slice = 1 / 7;
  for (let number = 1; number < 5_000; number++) {
    const window = new UsageWindow(1, 1, 7);
    window.use(1, (number + 0.5) * slice);
    const free = (number + 8) * slice;
    const forgotten = Math.floor(free / slice) === number + 8;
    expect(window.waitFor(1, free)).toBe(forgotten ? 0 : 1);
  }
});

test("whatever is asked and when: no interval holds more than the limit, and the wait that is told suffices", () => {
  const asked = fc.array(
    fc.record({ gap: fc.nat({ max: 700 }), amount: fc.integer({ min: 1, max: 10 }) }),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(
      asked,
      fc.integer({ min: 97, max: 1_000 }),
      fc.constantFrom(7, 10, 60),
      (steps, interval, slices) => {
        const window = new UsageWindow(10, interval, slices);
        const used: { at: number; amount: number }[] = [];
        const left: number[] = [];
        let now = 1_000_000;
        for (const { gap, amount } of steps) {
          now += gap;
          now += window.waitFor(amount, now);
          // A thousandth for what floating point rounds off.
          if (window.waitFor(amount, now) > 0) now += 1e-3;
          left.push(window.waitFor(amount, now));
          window.use(amount, now);
          used.push({ at: now, amount });
        }
        expect(left.every((wait) => wait === 0)).toBe(true);
        for (const { at } of used) {
          const within = used.filter((each) => each.at >= at && each.at < at + interval);
          expect(within.reduce((sum, each) => sum + each.amount, 0)).toBeLessThanOrEqual(10);
        }
      },
    ),
  );
});
