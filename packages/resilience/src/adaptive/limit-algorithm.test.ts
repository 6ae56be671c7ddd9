import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Aimd } from "./aimd.ts";
import { Gradient } from "./gradient.ts";
import type { LimitAlgorithm, LimitSample } from "./limit-algorithm.ts";

const sample = (changes: Partial<LimitSample> = {}): LimitSample => ({
  inFlight: 20,
  dropped: false,
  firstToken: undefined,
  fresh: true,
  ...changes,
});

describe("AIMD", () => {
  test("adds one for a good call while at least half of the limit is used", () => {
    const aimd = new Aimd();
    expect(aimd.next(20, sample({ inFlight: 10 }))).toBe(21);
    expect(aimd.next(20, sample({ inFlight: 9 }))).toBe(20);
  });

  test("takes a tenth for a drop, and from then on adds one per round of calls", () => {
    const aimd = new Aimd();
    expect(aimd.next(20, sample({ dropped: true }))).toBe(18);
    expect(aimd.next(18, sample())).toBeCloseTo(18 + 1 / 18);
  });

  test("hears nothing from calls that started before the last decrease", () => {
    const aimd = new Aimd();
    expect(aimd.next(18, sample({ dropped: true, fresh: false }))).toBe(18);
    expect(aimd.next(18, sample({ fresh: false }))).toBe(18);
  });
});

function after(usual: number, algorithm: LimitAlgorithm): LimitAlgorithm {
  for (let call = 0; call < 100; call++) algorithm.next(20, sample({ firstToken: usual }));
  return algorithm;
}

describe("the gradient", () => {
  test("lets the limit grow while first tokens come as usual", () => {
    const gradient = after(500, new Gradient());
    expect(gradient.next(20, sample({ firstToken: 600 }))).toBeCloseTo(20.8);
  });

  test("lowers the limit when they come much later, without any drop", () => {
    const gradient = after(500, new Gradient());
    const slow = gradient.next(100, sample({ inFlight: 90, firstToken: 5_000 }));
    expect(slow).toBeCloseTo(100 * 0.8 + (50 + 4) * 0.2);
  });

  test("learns nothing from a call without a token, nor from a limit that is not used", () => {
    const gradient = after(500, new Gradient());
    expect(gradient.next(20, sample())).toBe(20);
    expect(gradient.next(20, sample({ inFlight: 2, firstToken: 5_000 }))).toBe(20);
  });

  test("takes a tenth for a drop, as AIMD does", () => {
    expect(new Gradient().next(20, sample({ dropped: true }))).toBe(18);
  });
});

test.each([
  () => new Aimd({ backoff: 1 }),
  () => new Aimd({ backoff: 0 }),
  () => new Gradient({ tolerance: 0.5 }),
  () => new Gradient({ smoothing: 0 }),
])("options out of range are refused", (make) => {
  expect(make).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
});

test("whatever the samples: a limit stays a positive number, and only drops or late tokens lower it", () => {
  const samples = fc.array(
    fc.record({
      inFlight: fc.integer({ min: 1, max: 300 }),
      dropped: fc.boolean(),
      firstToken: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
      fresh: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(samples, fc.boolean(), (steps, gradient) => {
      const algorithm = gradient ? new Gradient() : new Aimd();
      let limit = 20;
      for (const step of steps) {
        const next = algorithm.next(limit, step);
        expect(next).toBeGreaterThan(0);
        expect(next < limit && !step.dropped && step.firstToken === undefined).toBe(false);
        limit = next;
      }
    }),
  );
});
