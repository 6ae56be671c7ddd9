import fc from "fast-check";
import { expect, test } from "vitest";
import { SlidingWindow } from "./sliding-window.ts";

interface Entry {
  readonly counter: number;
  readonly amount: number;
  readonly at: number;
}

/** Keeps every entry and counts those whose slice is among the newest ones. */
class NaiveWindow {
  readonly #entries: Entry[] = [];
  readonly #slice: number;
  readonly #slices: number;

  constructor(length: number, slices: number) {
    this.#slice = length / slices;
    this.#slices = slices;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  sum(counter: number, now: number): number {
    const newest = Math.floor(now / this.#slice);
    return this.#entries
      .filter((entry) => entry.counter === counter)
      .filter((entry) => newest - Math.floor(entry.at / this.#slice) < this.#slices)
      .reduce((total, { amount }) => total + amount, 0);
  }
}

const step = fc.record({
  counter: fc.nat(1),
  amount: fc.nat(5),
  pause: fc.oneof(fc.nat(30), fc.nat(500), fc.constant(10_000)),
});

test("counts what a window that keeps every entry counts, over any course of time", () => {
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 12 }), (steps, slices) => {
      const window = new SlidingWindow({ length: 600, counters: 2, slices });
      const naive = new NaiveWindow(600, slices);
      let now = 1_000_000;
      for (const { counter, amount, pause } of steps) {
        now += pause;
        window.add(counter, amount, now);
        naive.add({ counter, amount, at: now });
        const sums = [0, 1].map((each) => window.sum(each, now));
        expect(sums).toEqual([0, 1].map((each) => naive.sum(each, now)));
      }
      const later = now + 300;
      expect(window.sum(0, later)).toBe(naive.sum(0, later));
    }),
  );
});

test("an entry counts for at least the window less one slice, and never past the window", () => {
  fc.assert(
    fc.property(fc.nat(100_000), (at) => {
      const window = new SlidingWindow({ length: 1_000 });
      window.add(0, 1, at);
      expect([window.sum(0, at + 900), window.sum(0, at + 1_000)]).toEqual([1, 0]);
    }),
  );
});

test("ten idle minutes forget everything, whatever came before", () => {
  const window = new SlidingWindow({ length: 10_000 });
  for (let call = 0; call < 39; call += 1) window.add(0, 1, call);
  expect(window.sum(0, 600_000)).toBe(0);
});

test("a clock that steps back neither loses counts nor revives them", () => {
  const window = new SlidingWindow({ length: 1_000 });
  window.add(0, 1, 10_000);
  window.add(0, 1, 9_500);
  expect([window.sum(0, 9_400), window.sum(0, 10_500), window.sum(0, 11_000)]).toEqual([2, 2, 0]);
});

test("a clock that was set back by an hour loses nothing, and the window goes on forgetting", () => {
  const window = new SlidingWindow({ length: 1_000 });
  window.add(0, 1, 3_610_000);
  window.add(0, 1, 10_000);
  expect(window.sum(0, 10_500)).toBe(2);
  const restored = new SlidingWindow({ length: 1_000 });
  restored.restore(window.snapshot(10_500), 10_500);
  expect(restored.sum(0, 10_500)).toBe(2);
  expect([window.sum(0, 11_000), restored.sum(0, 11_000)]).toEqual([0, 0]);
});

test("a snapshot goes on where the window was", () => {
  fc.assert(
    fc.property(fc.array(step), fc.nat(2_000), (steps, pause) => {
      const window = new SlidingWindow({ length: 600, counters: 2 });
      let now = 1_000_000;
      for (const entry of steps) window.add(entry.counter, entry.amount, (now += entry.pause));
      const restored = new SlidingWindow({ length: 600, counters: 2 });
      restored.restore(structuredClone(window.snapshot(now)), now);
      now += pause;
      for (const counter of [0, 1]) {
        expect(restored.sum(counter, now)).toBe(window.sum(counter, now));
      }
    }),
  );
});

test("a snapshot of another shape, or a damaged one, leaves the window as it is", () => {
  const window = new SlidingWindow({ length: 600 });
  window.add(0, 1, 1_000);
  const good = window.snapshot(1_000);
  const empty = new SlidingWindow({ length: 600 });
  for (const bad of [
    new SlidingWindow({ length: 900 }).snapshot(1_000),
    new SlidingWindow({ length: 600, counters: 2 }).snapshot(1_000),
    { ...good, newest: Number.NaN },
    { ...good, newest: good.newest + 1 },
    { ...good, counts: [[-1]] },
    { ...good, counts: good.counts.map(() => [Infinity]) },
    { ...good, counts: good.counts.map(() => [-1]) },
  ]) {
    empty.restore(bad, 1_000);
    expect(empty.sum(0, 1_000)).toBe(0);
  }
});

test("a length or a number of slices that makes no window is refused", () => {
  for (const options of [
    { length: 0 },
    { length: Number.NaN },
    { length: 1, slices: 0 },
    { length: 1, slices: 1.5 },
  ]) {
    expect(() => new SlidingWindow(options)).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  }
});
