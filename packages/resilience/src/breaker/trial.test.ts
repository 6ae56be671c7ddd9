import fc from "fast-check";
import { expect, test } from "vitest";
import { Trial } from "./trial.ts";

const outcome = fc.constantFrom("success", "failure", "ignored");

test("any course of probes: never more at once than it needs, one verdict, and the right one", () => {
  const options = fc.record({
    calls: fc.integer({ min: 1, max: 10 }),
    failureRatio: fc.double({ min: 0, max: 0.99, noNaN: true }),
  });
  const steps = fc.array(fc.option(outcome), { maxLength: 100 });
  fc.assert(
    fc.property(options, steps, (settings, course) => {
      const verdicts: string[] = [];
      const trial = new Trial(settings, Infinity, (verdict) => verdicts.push(verdict));
      const mayFail = Math.floor(settings.calls * settings.failureRatio);
      const seen = { success: 0, failure: 0, ignored: 0 };
      let inFlight = 0;
      for (const step of course) {
        const decided = verdicts.length > 0;
        const free = !decided && seen.success + seen.failure + inFlight < settings.calls;
        const entered = step === null && trial.enter(0);
        const leaves = step !== null && inFlight > 0;
        if (leaves) trial.leave(step);
        if (leaves && !decided) seen[step] += 1;
        inFlight += Number(entered) - Number(leaves);
        expect(entered).toBe(step === null && free);
        const failed = seen.failure > mayFail;
        const passed = seen.success >= settings.calls - mayFail;
        expect(verdicts).toEqual(failed ? ["failure"] : passed ? ["success"] : []);
      }
    }),
  );
});
