import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bulkhead } from "./bulkhead-policy.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const schedule = fc.array(
  fc.record({
    /** Milliseconds after the call before. */
    gap: fc.nat({ max: 30 }),
    takes: fc.integer({ min: 1, max: 60 }),
    tenant: fc.constantFrom("a", "b", "c"),
    priority: fc.integer({ min: 0, max: 1 }),
    fails: fc.boolean(),
    /** Milliseconds until the caller leaves. */
    leaves: fc.option(fc.nat({ max: 80 }), { nil: undefined }),
    /** Milliseconds that the work goes on when the operation has settled. */
    lingers: fc.nat({ max: 20 }),
  }),
  { maxLength: 40 },
);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("whatever the schedule: never above the limit, every caller settles once, nothing stays", async () => {
  await fc.assert(
    fc.asyncProperty(
      schedule,
      fc.integer({ min: 1, max: 4 }),
      fc.nat({ max: 8 }),
      async (steps, limit, queue) => {
        const policy = bulkhead({ limit, queue, maxWait: 100 });
        let working = 0;
        let settled = 0;
        for (const step of steps) {
          await vi.advanceTimersByTimeAsync(step.gap);
          const caller = new AbortController();
          if (step.leaves !== undefined) setTimeout(() => caller.abort(), step.leaves);
          const call = policy.execute(
            async ({ holdUntil }) => {
              working += 1;
              expect(working).toBeLessThanOrEqual(limit);
              expect(policy.running).toBeLessThanOrEqual(limit);
              holdUntil(sleep(step.takes + step.lingers).then(() => (working -= 1)));
              await sleep(step.takes);
              if (step.fails) throw new Error("upstream");
            },
            { signal: caller.signal, tenant: step.tenant, priority: step.priority },
          );
          void call.then(
            () => (settled += 1),
            () => (settled += 1),
          );
          expect(policy.waiting).toBeLessThanOrEqual(queue);
        }
        await vi.advanceTimersByTimeAsync(60 * 80);
        expect([settled, working, policy.running, policy.waiting]).toEqual([steps.length, 0, 0, 0]);
        expect(vi.getTimerCount()).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
});

test("whatever one tenant floods: another is served within as many turns as there are tenants", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 10, max: 60 }),
      fc.integer({ min: 1, max: 4 }),
      async (flood, quiet) => {
        const policy = bulkhead({ limit: 1, queue: 100 });
        const served: string[] = [];
        const call = (tenant: string): Promise<void> =>
          policy.execute(
            async () => {
              served.push(tenant);
              await sleep(10);
            },
            { tenant },
          );
        const calls = Array.from({ length: flood }, () => call("flood"));
        for (let tenant = 0; tenant < quiet; tenant++) calls.push(call(`quiet-${tenant}`));
        await vi.advanceTimersByTimeAsync((flood + quiet) * 10);
        await Promise.all(calls);
        const last = Math.max(...served.map((tenant, at) => (tenant === "flood" ? -1 : at)));
        // The call that ran when they came, one turn of the flooding tenant, one of each quiet one.
        expect(last).toBeLessThanOrEqual(1 + quiet);
      },
    ),
    { numRuns: 40 },
  );
});
