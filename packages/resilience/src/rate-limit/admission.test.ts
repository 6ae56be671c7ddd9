import { systemClock } from "@palimpsest/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type CallDetails, enterCall } from "../call.ts";
import { failureOf } from "../fixtures/failure-of.ts";
import { Admission } from "./admission.ts";
import type { Allowance, Taken } from "./allowance.ts";
import { rateError } from "./rate-error.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An allowance of somebody else's, who answers when told. */
function slowAllowance() {
  const asked: number[] = [];
  const cancelled: number[] = [];
  const answers: ((taken: Taken) => void)[] = [];
  const allowance: Allowance = {
    tokenLimit: Infinity,
    take: (tokens) => {
      asked.push(tokens);
      return new Promise((resolve) => answers.push(resolve));
    },
    leastWait: () => 0,
    coolDown: () => {},
  };
  const answer = async (taken: Taken): Promise<void> => {
    answers.shift()?.(taken);
    await vi.advanceTimersByTimeAsync(0);
  };
  const grant = (): Promise<void> => {
    const tokens = asked[asked.length - answers.length] ?? Number.NaN;
    return answer({ settle: () => {}, cancel: () => void cancelled.push(tokens) });
  };
  return { allowance, asked, cancelled, answer, grant };
}

function admissionTo(allowance: Allowance) {
  const admission = new Admission({
    allowance,
    queue: 10,
    maxWait: Infinity,
    clock: systemClock,
    refuse: (refusal, retryAfter, call) => rateError(refusal, retryAfter, call, undefined),
    onWaited: () => {},
  });
  const entered: string[] = [];
  const enter = (name: string, tokens: number, details: CallDetails = {}): Promise<void> =>
    admission.enter(enterCall(details), tokens).then(() => void entered.push(name));
  return { enter, entered };
}

/** The first call is told to wait, so that those after it queue behind it. */
async function queued() {
  const slow = slowAllowance();
  const { enter, entered } = admissionTo(slow.allowance);
  void enter("first", 5);
  await slow.answer({ wait: 60_000 });
  return { ...slow, enter, entered };
}

test("what was taken for one call is not given to another that has come before it", async () => {
  const { enter, entered, asked, cancelled, grant } = await queued();
  void enter("urgent", 7, { priority: 1 });
  await grant();
  expect([asked, cancelled, entered]).toEqual([[5, 5, 7], [5], []]);
  await grant();
  expect(entered).toEqual(["urgent"]);
});

test("an answer that is out of date when it comes is not slept on", async () => {
  const { enter, entered, asked, answer, grant } = await queued();
  void enter("urgent", 7, { priority: 1 });
  await answer({ wait: 60_000 });
  expect(asked).toEqual([5, 5, 7]);
  await grant();
  expect(entered).toEqual(["urgent"]);
});

test("a caller who leaves in the moment of being admitted gives everything back", async () => {
  const { enter, cancelled, answer, grant } = await queued();
  await answer({ wait: 1 });
  const caller = new AbortController();
  const { signal } = caller;
  const left = failureOf(enter("left", 9, { signal, priority: 1 }));
  vi.spyOn(signal, "removeEventListener").mockImplementationOnce(() => caller.abort("gone"));
  await vi.advanceTimersByTimeAsync(1);
  await grant();
  expect(await left).toMatchObject({ code: "E_ABORTED", cause: "gone" });
  expect(cancelled).toEqual([9]);
});
