import { TestClock } from "@palimpsest/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RetryBudget } from "./retry-budget.ts";

/** Keeps every event and sums those that have not expired: what the budget means. */
class NaiveBudget {
  readonly #events: { readonly amount: number; readonly at: number }[] = [];

  add(amount: number, at: number): void {
    this.#events.push({ amount, at });
  }

  balance(now: number): number {
    const slice = Math.floor(now / 1_000);
    const alive = this.#events.filter(({ at }) => slice - Math.floor(at / 1_000) < 10);
    const tenths = alive.reduce((total, { amount }) => total + amount, 0);
    return Math.max(0, Math.floor((tenths + 50) / 10));
  }
}

const step = fc.record({
  retry: fc.boolean(),
  pause: fc.oneof(fc.constant(0), fc.nat(3_000), fc.constant(20_000)),
});

test("allows what a budget that keeps every event allows", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const clock = new TestClock();
      const budget = new RetryBudget({ ratio: 0.1, minimumPerSecond: 0.5, clock });
      const naive = new NaiveBudget();
      for (const { retry, pause } of steps) {
        clock.advance(pause);
        expect(budget.balance).toBe(naive.balance(clock.now()));
        if (!retry) {
          budget.deposit();
          naive.add(1, clock.now());
        } else if (budget.withdraw()) {
          naive.add(-10, clock.now());
        }
      }
    }),
  );
});

test("never gives more than its ratio of the calls and its minimum, whatever is asked", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (asks) => {
      const clock = new TestClock();
      const budget = new RetryBudget({ ratio: 0.1, minimumPerSecond: 0.2, clock });
      let calls = 0;
      let retries = 0;
      for (const call of asks) {
        if (call) budget.deposit();
        else if (budget.withdraw()) retries += 1;
        if (call) calls += 1;
        expect(retries).toBeLessThanOrEqual(calls * 0.1 + 2 + 1e-6);
      }
    }),
  );
});

test("ten calls allow one retry, for ten seconds", () => {
  const clock = new TestClock();
  const budget = new RetryBudget({ minimumPerSecond: 0, clock });
  for (let call = 0; call < 10; call += 1) budget.deposit();
  clock.advance(8_999);
  expect([budget.withdraw(), budget.withdraw()]).toEqual([true, false]);
  for (let call = 0; call < 10; call += 1) budget.deposit();
  clock.advance(10_000);
  expect(budget.withdraw()).toBe(false);
});

test("a share that binary fractions round down is not lost", () => {
  const budget = new RetryBudget({ ratio: 0.29, minimumPerSecond: 0, clock: new TestClock() });
  for (let call = 0; call < 100; call += 1) budget.deposit();
  expect(budget.balance).toBe(29);
});

test("a wrong option is refused", () => {
  for (const wrong of [
    { ratio: -1 },
    { ratio: Number.NaN },
    { minimumPerSecond: -1 },
    { timeToLive: 0 },
  ]) {
    expect(() => new RetryBudget(wrong)).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  }
});
