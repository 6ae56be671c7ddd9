import fc from "fast-check";
import { expect, test } from "vitest";
import { HedgeBudget } from "./hedge-budget.ts";

test("has nothing to begin with; twenty calls pay for one hedge at five per cent", () => {
  const budget = new HedgeBudget();
  for (let call = 0; call < 19; call++) budget.deposit();
  expect(budget.withdraw()).toBe(false);
  budget.deposit();
  expect([budget.withdraw(), budget.withdraw()]).toEqual([true, false]);
});

test("saves no more than a few hedges in quiet times", () => {
  const budget = new HedgeBudget({ ratio: 0.5, saved: 3 });
  for (let call = 0; call < 100; call++) budget.deposit();
  expect([1, 2, 3, 4].map(() => budget.withdraw())).toEqual([true, true, true, false]);
});

test("takes back what was not used", () => {
  const budget = new HedgeBudget({ ratio: 1 });
  budget.deposit();
  budget.withdraw();
  budget.refund();
  expect(budget.withdraw()).toBe(true);
});

test("whatever the order: never more hedges than the ratio of the calls so far", () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 300 }),
      fc.constantFrom(0.02, 0.05, 0.1, 1),
      (steps, ratio) => {
        const budget = new HedgeBudget({ ratio });
        let calls = 0;
        let hedges = 0;
        for (const deposits of steps) {
          if (deposits) {
            budget.deposit();
            calls += 1;
          } else if (budget.withdraw()) hedges += 1;
          expect(hedges).toBeLessThanOrEqual(ratio * calls + 1e-6);
        }
      },
    ),
  );
});

test.each([{ ratio: 0 }, { ratio: 1.1 }, { saved: 0 }])("options of %o are refused", (options) => {
  expect(() => new HedgeBudget(options)).toThrow(
    expect.objectContaining({ code: "E_INVALID_INPUT" }),
  );
});
