import fc from "fast-check";
import { expect, test } from "vitest";
import { FalseHitEvidence } from "./false-hit-evidence.ts";

function after(results: readonly boolean[], options = {}): FalseHitEvidence {
  const evidence = new FalseHitEvidence(options);
  for (const isFalse of results) evidence.add(isFalse);
  return evidence;
}

const right = (n: number): boolean[] => Array.from({ length: n }, () => false);

test("nothing is enough before the least number of samples", () => {
  expect(after([]).isEnough).toBe(false);
  expect(after(right(299)).isEnough).toBe(false);
  expect(after(right(300)).isEnough).toBe(true);
});

test("a rate at the allowed one is not enough: the upper bound decides", () => {
  const oneIn100 = Array.from({ length: 300 }, (_, i) => i % 100 === 0);
  const evidence = after(oneIn100);
  expect(evidence.counts).toEqual({ samples: 300, falseHits: 3 });
  expect(evidence.rateBound).toBeGreaterThan(0.01);
  expect(evidence.isEnough).toBe(false);
});

test("few samples do not pass however few are asked for", () => {
  expect(after(right(10), { minSamples: 1 }).isEnough).toBe(false);
  expect(after(right(10), { minSamples: 1, maxFalseHitRate: 0.5 }).isEnough).toBe(true);
});

test("wrong answers take the permission back, and are forgotten after a window of right ones", () => {
  const evidence = after(right(1_000));
  for (let i = 0; i < 20; i++) evidence.add(true);
  expect(evidence.isEnough).toBe(false);
  for (let i = 0; i < 999; i++) evidence.add(false);
  expect(evidence.counts.falseHits).toBe(1);
  expect(evidence.isEnough).toBe(true);
});

test("goes on from earlier counts", () => {
  expect(new FalseHitEvidence({ evidence: { samples: 400, falseHits: 0 } }).isEnough).toBe(true);
  expect(new FalseHitEvidence({ evidence: { samples: 400, falseHits: 40 } }).isEnough).toBe(false);
});

test("earlier counts keep their share in a smaller window, and are not forgotten first", () => {
  const evidence = new FalseHitEvidence({
    window: 300,
    evidence: { samples: 3_000, falseHits: 60 },
  });
  expect(evidence.counts).toEqual({ samples: 300, falseHits: 6 });
  for (let i = 0; i < 150; i++) evidence.add(false);
  expect(evidence.counts).toEqual({ samples: 300, falseHits: 3 });
});

test.each([
  { minSamples: 0 },
  { minSamples: Number.NaN },
  { window: 0 },
  { maxFalseHitRate: 0 },
  { maxFalseHitRate: 1 },
  { evidence: { samples: 1, falseHits: 2 } },
  { evidence: { samples: -1, falseHits: -1 } },
  { evidence: { samples: Number.NaN, falseHits: 0 } },
])("%o is refused", (options) => {
  expect(() => new FalseHitEvidence(options)).toThrow(
    expect.objectContaining({ code: "E_INVALID_INPUT" }),
  );
});

test("the counts are those of the window, and the bound is above the rate", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (results) => {
      const evidence = after(results, { minSamples: 5, window: 50 });
      const latest = results.slice(-50);
      const falseHits = latest.filter(Boolean).length;
      expect(evidence.counts).toEqual({ samples: latest.length, falseHits });
      expect(evidence.rateBound).toBeGreaterThanOrEqual(
        latest.length === 0 ? 1 : falseHits / latest.length - 1e-9,
      );
    }),
  );
});
