import {
  BrokenCircuitError,
  circuitBreaker as cockatielBreaker,
  ConsecutiveBreaker,
  ConstantBackoff,
  handleAll,
  retry as cockatielRetry,
  wrap,
} from "cockatiel";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { breakers } from "../breaker/registry.ts";
import { circuitBreaker } from "../breaker/circuit-breaker.ts";
import { fallback } from "../fallback/fallback-policy.ts";
import { failureNotes } from "../failure-notes.ts";
import { retry } from "../retry/retry-policy.ts";
import { pipeline } from "./pipeline.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

const down = Object.assign(new Error("HTTP 503"), { status: 503 });

async function failing(policy: {
  execute: (operation: () => Promise<never>) => Promise<unknown>;
}): Promise<{ readonly error: unknown; readonly calls: number }> {
  let calls = 0;
  const outcome = policy
    .execute(async () => {
      calls += 1;
      throw down;
    })
    .catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return { error: await outcome, calls };
}

test("5 retries over a breaker of 2: ours gives the upstream's error; cockatiel's wrap loses it", async () => {
  const peer = wrap(
    cockatielRetry(handleAll, { maxAttempts: 5, backoff: new ConstantBackoff(10) }),
    cockatielBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(2) }),
  );
  const ours = pipeline({
    retry: retry({ attempts: 6, initialDelay: 10 }),
    breaker: circuitBreaker({ minimumCalls: 2 }),
  });
  expect(await failing(peer)).toEqual({ error: expect.any(BrokenCircuitError), calls: 2 });
  const { error, calls } = await failing(ours);
  expect(error).toBe(down);
  expect(calls).toBe(2);
  expect(failureNotes(error)).toEqual({ attempts: 2 });
});

test("100 callers beside 3 probes that hang: the other 97 have the fallback's answer at once", async () => {
  const policy = pipeline({
    fallback: fallback([{ name: "small" }]),
    breaker: breakers({
      key: ({ step = "large" }) => step,
      minimumCalls: 1,
      breakTime: { initial: 1_000, jitter: 0 },
    }),
  });
  let upstreamIsDown = true;
  const call = (): Promise<string> =>
    policy.execute(async ({ step = "large" }) => {
      if (step === "small") return step;
      if (upstreamIsDown) throw down;
      return new Promise<never>(() => {});
    });
  expect(await call()).toBe("small");
  upstreamIsDown = false;
  vi.advanceTimersByTime(1_000);
  const answers: string[] = [];
  for (let caller = 0; caller < 100; caller += 1)
    void call().then((answer) => answers.push(answer));
  await vi.advanceTimersByTimeAsync(0);
  expect(answers).toEqual(Array(97).fill("small"));
});
