import { expect, test } from "vitest";
import { UnboundedLedger } from "../request-ledger.ts";
import { AttemptLedger } from "./attempt-ledger.ts";

test("passes everything on to the request", () => {
  const request = new UnboundedLedger();
  const attempt = new AttemptLedger(request);
  attempt.startCall();
  attempt.report({ cost: 2, tokens: 10 });
  expect(attempt).toMatchObject({ calls: 1, cost: 2, tokens: 10, remainingTime: Infinity });
  expect(request).toMatchObject({ calls: 1, cost: 2, tokens: 10 });
});

test("a lost attempt is charged its upper bound in all, once, whatever it reports later", () => {
  const request = new UnboundedLedger();
  const attempt = new AttemptLedger(request);
  attempt.report({ cost: 2, tokens: 10 });
  attempt.close({ cost: 5, tokens: 8 });
  attempt.report({ cost: 100, tokens: 100 });
  attempt.close({ cost: 9 });
  expect(request).toMatchObject({ cost: 5, tokens: 10 });
});
