import { TestClock } from "@palimpsest/core/testing";
import { describe, expect, test } from "vitest";
import { CeilingLedger } from "./ceiling-ledger.ts";

const exceeded = (ceiling: string) =>
  expect.objectContaining({
    code: "E_BUDGET_EXCEEDED",
    message: expect.stringContaining(ceiling),
  });

describe("a ceiling", () => {
  test("of calls refuses the call after the last", () => {
    const ledger = new CeilingLedger({ ceilings: { calls: 2 } });
    ledger.startCall();
    ledger.startCall();
    expect(() => ledger.startCall()).toThrow(exceeded("calls (2)"));
    expect(ledger.calls).toBe(2);
  });

  test("of cost refuses a call once the reports reach it", () => {
    const ledger = new CeilingLedger({ ceilings: { cost: 0.5 } });
    ledger.startCall();
    ledger.report({ cost: 0.4 });
    ledger.startCall();
    ledger.report({ cost: 0.1, tokens: 30 });
    expect(() => ledger.startCall()).toThrow(exceeded("cost (0.5)"));
    expect(ledger).toMatchObject({ calls: 2, cost: 0.5, tokens: 30 });
  });

  test("of time refuses a call once it is over, and says what is left before", () => {
    const clock = new TestClock();
    const ledger = new CeilingLedger({ ceilings: { time: 1_000 }, clock });
    clock.advance(400);
    expect(ledger.remainingTime).toBe(600);
    ledger.startCall();
    clock.advance(600);
    expect(ledger.remainingTime).toBe(0);
    expect(() => ledger.startCall()).toThrow(exceeded("time (1000 ms)"));
  });

  test("that is absent lets everything through", () => {
    const ledger = new CeilingLedger({ ceilings: {} });
    for (let call = 0; call < 1_000; call++) ledger.startCall();
    expect(ledger).toMatchObject({ calls: 1_000, remainingTime: Infinity });
  });

  test.each([{ calls: 0 }, { cost: -1 }, { time: Number.NaN }])("of %o is refused", (ceilings) => {
    expect(() => new CeilingLedger({ ceilings })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  });
});

describe("two layers that share one request", () => {
  test("spend from the same ceiling", () => {
    const parent = new CeilingLedger({ ceilings: { calls: 3 } });
    const layers = [1, 2].map(() => new CeilingLedger({ ceilings: { calls: 2 }, parent }));
    layers[0]!.startCall();
    layers[0]!.startCall();
    layers[1]!.startCall();
    expect(() => layers[1]!.startCall()).toThrow(exceeded("calls (3)"));
    expect([parent.calls, layers[0]!.calls, layers[1]!.calls]).toEqual([3, 2, 1]);
  });

  test("charge the parent for what they report, and see its time", () => {
    const clock = new TestClock();
    const parent = new CeilingLedger({ ceilings: { time: 100 }, clock });
    const child = new CeilingLedger({ ceilings: { time: 500 }, parent, clock });
    child.report({ cost: 2, tokens: 7 });
    expect(parent).toMatchObject({ cost: 2, tokens: 7 });
    expect(child.remainingTime).toBe(100);
  });

  test("a call that the inner layer refuses costs the outer one nothing", () => {
    const parent = new CeilingLedger({ ceilings: {} });
    const child = new CeilingLedger({ ceilings: { calls: 1 }, parent });
    child.startCall();
    expect(() => child.startCall()).toThrow(exceeded("calls (1)"));
    expect(parent.calls).toBe(1);
  });
});

test.each([{ cost: -1 }, { tokens: Number.NaN }, { cost: Infinity }])(
  "a usage of %o is refused and counts nowhere",
  (usage) => {
    const parent = new CeilingLedger({ ceilings: {} });
    const ledger = new CeilingLedger({ ceilings: {}, parent });
    expect(() => ledger.report(usage)).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
    expect([ledger.cost, ledger.tokens, parent.cost, parent.tokens]).toEqual([0, 0, 0, 0]);
  },
);
