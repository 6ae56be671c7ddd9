import { expect, test, vi } from "vitest";
import { UnboundedLedger } from "../request-ledger.ts";
import { SettlingLedger } from "./settling-ledger.ts";

test("settles by the sum of what is reported, and passes everything on", () => {
  const request = new UnboundedLedger();
  const [settle, onSettle] = [vi.fn(), vi.fn()];
  const ledger = new SettlingLedger(request, { settle, cancel() {} }, onSettle);
  ledger.startCall();
  ledger.report({ tokens: 30, cost: 1 });
  ledger.report({ cost: 1 });
  ledger.report({ tokens: 12 });
  expect(settle.mock.calls).toEqual([[30], [42]]);
  expect(onSettle.mock.calls).toEqual([[30], [42]]);
  expect(request).toMatchObject({ calls: 1, cost: 2, tokens: 42 });
});

test.each([Number.NaN, -1, Infinity])(
  "a usage of %d tokens is refused and settles nothing",
  (tokens) => {
    const settle = vi.fn();
    const ledger = new SettlingLedger(new UnboundedLedger(), { settle, cancel() {} }, () => {});
    expect(() => ledger.report({ tokens })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
    expect(settle).not.toHaveBeenCalled();
  },
);
