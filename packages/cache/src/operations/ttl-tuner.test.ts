import { TestClock } from "@palimpsest/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CacheEvent } from "../cache-event.ts";
import { cacheKey } from "../cache-key.ts";
import { TieredCache } from "../tiered-cache.ts";
import { type TtlDecision, TtlTuner } from "./ttl-tuner.ts";

const key = cacheKey({ scope: "", prefix: "profile", parts: [1] });

const fill = (changed: boolean | undefined, name = "profile"): CacheEvent => ({
  type: "fill",
  key,
  class: name,
  background: true,
  milliseconds: 5,
  bytes: 10,
  changed,
});

function tuner(options: Partial<ConstructorParameters<typeof TtlTuner>[0]> = {}) {
  const decisions: TtlDecision[] = [];
  const onDecision = (decision: TtlDecision) => decisions.push(decision);
  return {
    decisions,
    tuner: new TtlTuner({ ttls: { profile: 10_000 }, samples: 4, onDecision, ...options }),
  };
}

function refresh(tuned: TtlTuner, changes: readonly (boolean | undefined)[], name?: string): void {
  for (const changed of changes) tuned.record(fill(changed, name));
}

const [same, other] = [false, true];

describe("the time of a class", () => {
  test("is raised when refreshes find the same value", () => {
    const { tuner: tuned, decisions } = tuner();
    refresh(tuned, [same, same, same, same]);
    expect(tuned.ttlOf("profile")).toBe(15_000);
    expect(decisions).toEqual([
      {
        class: "profile",
        before: 10_000,
        after: 15_000,
        refreshed: 4,
        changed: 0,
        reason: "0 of 4 refreshed values had changed: raised from 10000 to 15000 ms",
      },
    ]);
  });

  test("is lowered when they find another one", () => {
    const { tuner: tuned } = tuner();
    refresh(tuned, [same, other, same, same]);
    expect(tuned.ttlOf("profile")).toBe(5_000);
    expect(tuned.decisions()).toMatchObject([
      { changed: 1, reason: expect.stringContaining("lowered") },
    ]);
  });

  test("is kept in between, and says so", () => {
    const { tuner: tuned } = tuner({ samples: 10 });
    refresh(tuned, [other, ...Array.from({ length: 9 }, () => same)]);
    expect(tuned.ttlOf("profile")).toBe(10_000);
    expect(tuned.decisions()[0]?.reason).toBe(
      "1 of 10 refreshed values had changed: kept at 10000 ms",
    );
  });

  test("stays within its bounds", () => {
    const { tuner: tuned, decisions } = tuner({ minTtl: 6_000, maxTtl: 12_000 });
    refresh(
      tuned,
      Array.from({ length: 8 }, () => same),
    );
    expect(tuned.ttlOf("profile")).toBe(12_000);
    expect(decisions[1]?.reason).toContain("kept at 12000 ms, the highest allowed");
    refresh(
      tuned,
      Array.from({ length: 8 }, () => other),
    );
    expect(tuned.ttlOf("profile")).toBe(6_000);
    expect(decisions[3]?.reason).toContain("kept at 6000 ms, the lowest allowed");
  });

  test("follows refreshes only: hits, first fills and other classes decide nothing", () => {
    const { tuner: tuned, decisions } = tuner();
    refresh(
      tuned,
      Array.from({ length: 9 }, () => undefined),
    );
    refresh(
      tuned,
      Array.from({ length: 9 }, () => other),
      "elsewhere",
    );
    for (let i = 0; i < 9; i++) tuned.record({ type: "miss", key, class: "profile" });
    expect(decisions).toEqual([]);
    expect(() => tuned.ttlOf("elsewhere")).toThrow(
      expect.objectContaining({ code: "E_NOT_FOUND" }),
    );
  });
});

test("a cache's own refreshes decide, and the next entries live by it", async () => {
  const clock = new TestClock();
  const { tuner: tuned, decisions } = tuner({ samples: 3 });
  const cache = new TieredCache({ clock, onEvent: tuned.record });
  const profileOf = async (value: string) => {
    await cache.getOrSet(key, async () => value, {
      ttl: tuned.ttlOf("profile"),
      staleWhileRevalidate: 3_600_000,
      jitter: 0,
    });
    // The refresh behind a stale value.
    await new Promise((resolve) => setImmediate(resolve));
  };
  await profileOf("same");
  for (let i = 0; i < 3; i++) {
    clock.advance(10_001);
    await profileOf("same");
  }
  expect(tuned.ttlOf("profile")).toBe(15_000);
  for (const value of ["a", "b", "c"]) {
    clock.advance(15_001);
    await profileOf(value);
  }
  expect(decisions.map(({ changed, after }) => [changed, after])).toEqual([
    [0, 15_000],
    [3, 7_500],
  ]);
});

test("whatever is found, a time stays within its bounds and each decision explains the step", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (changes) => {
      const { tuner: tuned, decisions } = tuner({ minTtl: 1_000, maxTtl: 60_000 });
      refresh(tuned, changes);
      expect(decisions).toHaveLength(Math.floor(changes.length / 4));
      for (const [i, { before, after, changed }] of decisions.entries()) {
        expect(before).toBe(decisions[i - 1]?.after ?? 10_000);
        expect(after >= 1_000 && after <= 60_000).toBe(true);
        expect(Math.sign(after - before)).toBeOneOf(changed === 0 ? [0, 1] : [0, -1]);
      }
    }),
  );
});

test.each([
  { minTtl: 0 },
  { minTtl: 20_000 },
  { maxTtl: 5_000 },
  { samples: 0 },
  { raiseBelow: 0.5 },
  { ttls: { a: Number.NaN } },
])("%o is refused", (options) => {
  expect(() => tuner(options)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
});
