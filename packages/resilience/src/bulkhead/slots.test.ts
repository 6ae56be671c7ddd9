import { systemClock } from "@palimpsest/core";
import { expect, test, vi } from "vitest";
import { enterCall } from "../call.ts";
import { failureOf } from "../fixtures/failure-of.ts";
import { overloadError } from "./overload-error.ts";
import { Slots } from "./slots.ts";

const slotsOf = (limit: number): Slots =>
  new Slots(limit, {
    size: 10,
    maxWait: Infinity,
    clock: systemClock,
    refuse: (refusal, call, waited) => overloadError(refusal, limit, waited, call, undefined),
  });
const never = (): Promise<never> => new Promise(() => {});

test("a caller who leaves in the moment of being admitted starts nothing and frees the slot", async () => {
  const slots = slotsOf(1);
  const caller = new AbortController();
  void slots.run(never, enterCall(undefined));
  const operation = vi.fn(never);
  const left = failureOf(slots.run(operation, enterCall(caller.signal)));
  slots.limit = 2;
  caller.abort("gone");
  expect(await left).toMatchObject({ code: "E_ABORTED", cause: "gone" });
  expect(operation).not.toHaveBeenCalled();
  expect(slots.running).toBe(1);
});

test("a raised limit lets waiters in; a lowered one ends no call and lets nobody in", async () => {
  const slots = slotsOf(1);
  const started = vi.fn(never);
  for (let call = 0; call < 5; call++) void slots.run(started, enterCall(undefined));
  slots.limit = 3;
  await Promise.resolve();
  expect([slots.running, slots.waiting]).toEqual([3, 2]);
  slots.limit = 1;
  expect([slots.running, slots.waiting]).toEqual([3, 2]);
});
