import { PalimpsestError } from "@palimpsest/core";
import { expect, test, vi } from "vitest";
import type { CacheEvent } from "../cache-event.ts";
import { EventSink } from "../event-sink.ts";
import { FaultStore } from "../fixtures/fault-store.ts";
import { StoreGuard, unavailable } from "./store-guard.ts";

function guarded() {
  const events: CacheEvent[] = [];
  const store = new FaultStore();
  const guard = new StoreGuard({
    store,
    events: new EventSink((event) => events.push(event)),
    failures: 2,
    probeAfter: 100,
  });
  const ask = () => guard.run("read", 1_000, (each) => each.getMany(["a"]));
  return { store, guard, events, ask };
}

test("while a probe hangs nobody waits for it, and only a probe asks", async () => {
  vi.useFakeTimers();
  const { store, guard, ask } = guarded();
  store.mode = "refuses";
  expect([await ask(), await ask()]).toEqual([unavailable, unavailable]);
  expect(guard.isOpen).toBe(true);
  await vi.advanceTimersByTimeAsync(200);
  store.mode = "stalls";
  const probe = guard.probe("synchronise", 1_000, (each) => each.getMany(["a"]));
  const { getMany } = store.calls;
  // Answered in this very turn: no timer has passed.
  expect(await ask()).toBe(unavailable);
  expect(store.calls.getMany).toBe(getMany);
  await vi.advanceTimersByTimeAsync(1_001);
  expect(await probe).toBe(unavailable);
  store.mode = "works";
  await vi.advanceTimersByTimeAsync(200);
  expect(await ask()).toBe(unavailable);
  await guard.probe("synchronise", 1_000, (each) => each.getMany(["a"]));
  expect(guard.isOpen).toBe(false);
  expect(await ask()).toEqual([undefined]);
  vi.useRealTimers();
});

test("a mistake in a question says nothing about the store", async () => {
  const { guard, events } = guarded();
  const mistake = new PalimpsestError("E_INVALID_INPUT", "no key");
  for (let i = 0; i < 5; i++) await guard.run("read", 1_000, async () => Promise.reject(mistake));
  expect(guard.isOpen).toBe(false);
  expect(events).toHaveLength(5);
});

test("what insists passes an open breaker, and throws what went wrong", async () => {
  const { store, guard, ask } = guarded();
  store.mode = "refuses";
  await ask();
  await ask();
  store.mode = "works";
  expect(await guard.insist("invalidate", 1_000, (each) => each.increment("n"))).toBe(1);
  store.mode = "refuses";
  const failing = guard.insist("invalidate", 1_000, (each) => each.increment("n"));
  await expect(failing).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
});
