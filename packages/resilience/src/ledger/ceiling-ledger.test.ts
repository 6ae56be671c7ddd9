import { TestClock } from "@palimpsest/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UnboundedLedger } from "../request-ledger.ts";
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

describe("an estimated cost", () => {
  test("is kept free for its call until it is given back", () => {
    const ledger = new CeilingLedger({ ceilings: { cost: 1 } });
    const giveBack = ledger.startCall(0.6);
    expect(() => ledger.startCall(0.5)).toThrow(exceeded("cost (1)"));
    ledger.startCall(0.4);
    giveBack();
    giveBack();
    ledger.report({ cost: 0.1 });
    expect(() => ledger.startCall(0.6)).toThrow(exceeded("cost (1)"));
    ledger.startCall(0.5);
    expect(ledger).toMatchObject({ calls: 3, cost: 0.1 });
  });

  test("may fill the ceiling to the last tenth, whatever tenths are in binary", () => {
    const ledger = new CeilingLedger({ ceilings: { cost: 0.3 } });
    for (let call = 0; call < 3; call++) ledger.startCall(0.1);
    expect(() => ledger.startCall(0.1)).toThrow(exceeded("cost (0.3)"));
  });

  test("is kept free in the layer around too, unless one of the two refuses", () => {
    const parent = new CeilingLedger({ ceilings: { cost: 1 } });
    const [one, other] = [5, 5].map((cost) => new CeilingLedger({ ceilings: { cost }, parent }));
    const giveBack = one!.startCall(0.8);
    expect(() => other!.startCall(0.3)).toThrow(exceeded("cost (1)"));
    giveBack();
    other!.startCall(1);
    expect([parent.calls, one!.calls, other!.calls]).toEqual([2, 1, 1]);
  });

  test.each([-1, Number.NaN, Infinity])("of %d is refused, and nothing is counted", (estimate) => {
    const ledger = new CeilingLedger({ ceilings: { cost: 1 } });
    expect(() => ledger.startCall(estimate)).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
    expect(ledger.calls).toBe(0);
  });

  test("whatever the calls cost, within their estimates: the sum stays within the ceiling", () => {
    const call = fc.record({
      estimate: fc.nat({ max: 40 }),
      used: fc.double({ max: 1, min: 0, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(call), fc.array(fc.nat({ max: 60 })), (calls, turns) => {
        const ledger = new CeilingLedger({ ceilings: { cost: 100 } });
        const running: (() => void)[] = [];
        for (const { estimate, used } of calls) {
          try {
            const giveBack = ledger.startCall(estimate);
            running.push(() => {
              ledger.report({ cost: estimate * used });
              giveBack();
            });
          } catch {
            const turn = turns.pop() ?? 0;
            running.splice(turn % (running.length + 1), 1)[0]?.();
          }
        }
        for (const end of running) end();
        expect(ledger.cost).toBeLessThanOrEqual(100.001);
      }),
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
  "a usage of %o is refused and counts nowhere, with a ceiling or without",
  (usage) => {
    const parent = new UnboundedLedger();
    const ledger = new CeilingLedger({ ceilings: {}, parent });
    for (const each of [ledger, parent]) {
      expect(() => each.report(usage)).toThrow(
        expect.objectContaining({ code: "E_INVALID_INPUT" }),
      );
      expect([each.cost, each.tokens]).toEqual([0, 0]);
    }
  },
);
