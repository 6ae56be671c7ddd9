import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { settled, status, upstream } from "./fixtures/upstream.ts";
import { RetryBudget } from "./retry-budget.ts";
import { retry, type RetryPolicy } from "./retry-policy.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

const outage = () => Promise.reject(status(503));

const layers = (budget?: false) =>
  Array.from({ length: 3 }, () => retry({ initialDelay: 10, ...(budget === false && { budget }) }));

async function callsPerRequest(policies: readonly RetryPolicy[]): Promise<number> {
  let calls = 0;
  const [first = retry(), second, third] = policies;
  const operation = () => {
    calls += 1;
    return outage();
  };
  const inner = third ? () => third.execute(operation) : operation;
  const middle = second ? () => second.execute(inner) : inner;
  const requests = 3_000;
  for (let request = 0; request < requests; request += 1) {
    first.execute(middle).catch(() => {});
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.runAllTimersAsync();
  return calls / requests;
}

test("in an outage the load is at most 1.15 calls per request; plain retries make it 4", async () => {
  const ours = await callsPerRequest([retry({ attempts: 4 })]);
  const plain = await callsPerRequest([retry({ attempts: 4, budget: false })]);
  expect(ours).toBeLessThanOrEqual(1.15);
  expect(plain).toBe(4);
});

test("three layers of retries make it 27 without budgets, below 1.5 with them", async () => {
  expect(await callsPerRequest(layers())).toBeLessThan(1.5);
  expect(await callsPerRequest(layers(false))).toBe(27);
});

test("shared by two policies, it is one", async () => {
  const budget = new RetryBudget({ ratio: 0, minimumPerSecond: 0.2 });
  const policies = [retry({ budget }), retry({ budget })];
  let calls = 0;
  for (const policy of policies) {
    await settled(policy.execute(() => ((calls += 1), outage())));
  }
  expect(calls).toBe(2 + 2);
});

test("what something else forbids costs nothing of it", async () => {
  const budget = new RetryBudget({ ratio: 0, minimumPerSecond: 0.1 });
  const policy = retry({ budget });
  await settled(policy.execute(upstream(status(400)).operation));
  await settled(policy.execute(upstream(status(429, { "retry-after": "3600" })).operation));
  expect(budget.balance).toBe(1);
});
