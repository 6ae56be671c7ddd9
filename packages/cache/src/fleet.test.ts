import { setTimeout as delay } from "node:timers/promises";
import { PalimpsestError } from "@palimpsest/core";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FaultStore } from "./fixtures/fault-store.ts";
import { gate } from "./fixtures/gate.ts";
import { keyOf, testFleet } from "./fixtures/test-cache.ts";
import { StoreNames } from "./keys/store-names.ts";
import { TieredCache } from "./tiered-cache.ts";

const ttl = 60_000;
const key = keyOf("question");
const leaseName = new StoreNames("cache").value(key);

// Leases run out and waiters poll by the machine's clock, which here moves only when told to.
beforeEach(() => void vi.useFakeTimers({ fakeNodeBuiltins: true }));
afterEach(() => void vi.useRealTimers());

/** Caches of several processes, each with its own wait before it looks again. */
function timedFleet(size: number, lease: number, store: FaultStore = new FaultStore()) {
  const fleet = Array.from(
    { length: size },
    (_, i) => new TieredCache({ store, lease, random: () => i / size }),
  );
  return { store, fleet };
}

test("4 processes with 250 waiters each cost 1 call (the peers: 4)", async () => {
  const { fleet } = timedFleet(4, 1_000);
  const fill = vi.fn(async () => {
    await delay(30);
    return "answer";
  });
  const answers = fleet.flatMap((cache) =>
    Array.from({ length: 250 }, () => cache.getOrSet(key, fill, { ttl })),
  );
  await vi.advanceTimersByTimeAsync(1_000);
  expect(new Set(await Promise.all(answers))).toEqual(new Set(["answer"]));
  expect(fill).toHaveBeenCalledTimes(1);
});

test("a fill that takes longer than a lease keeps its turn", async () => {
  const { fleet } = timedFleet(2, 60);
  const fill = vi.fn(async () => {
    await delay(400);
    return "answer";
  });
  const answers = fleet.map((cache) => cache.getOrSet(key, fill, { ttl }));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await Promise.all(answers)).toEqual(["answer", "answer"]);
  expect(fill).toHaveBeenCalledTimes(1);
});

test("when the holder of the turn dies, one other takes over", async () => {
  const { fleet, store } = timedFleet(3, 60);
  // As a process that was killed: the lease is taken, and nobody renews it.
  await store.lease(leaseName, 60);
  const fill = vi.fn(async () => "answer");
  const answers = fleet.map((cache) => cache.getOrSet(key, fill, { ttl }));
  await vi.advanceTimersByTimeAsync(59);
  expect(fill).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await Promise.all(answers)).toEqual(["answer", "answer", "answer"]);
  expect(fill).toHaveBeenCalledTimes(1);
});

test("when the holder's fill fails, the others fill, one after another", async () => {
  const { fleet } = timedFleet(3, 1_000);
  let running = 0;
  let most = 0;
  const fill = vi.fn(async () => {
    most = Math.max(most, ++running);
    await delay(5);
    running--;
    if (fill.mock.calls.length === 1) throw new Error("down");
    return "answer";
  });
  const settled = Promise.allSettled(fleet.map((cache) => cache.getOrSet(key, fill, { ttl })));
  await vi.advanceTimersByTimeAsync(1_000);
  const outcomes = await settled;
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
  ]);
  expect(fill).toHaveBeenCalledTimes(2);
  expect(most).toBe(1);
});

test("without leases everybody fills rather than fails", async () => {
  const { fleet, store } = timedFleet(2, 1_000);
  store.mode = "refuses";
  store.only = ["lease"];
  const fill = vi.fn(async () => "answer");
  const answers = fleet.map((cache) => cache.getOrSet(key, fill, { ttl }));
  expect(await Promise.all(answers)).toEqual(["answer", "answer"]);
  expect(fill).toHaveBeenCalledTimes(2);
});

test("one late answer while somebody else has the turn is no reason to fill", async () => {
  const { fleet, store } = timedFleet(2, 60_000);
  const { opened, open } = gate();
  const fill = vi.fn(async () => (await opened, "answer"));
  const first = fleet[0]!.getOrSet(key, fill, { ttl });
  await vi.advanceTimersByTimeAsync(0);
  expect(fill).toHaveBeenCalledTimes(1);
  const second = fleet[1]!.getOrSet(key, fill, { ttl });
  await vi.advanceTimersByTimeAsync(0);
  expect(store.calls.lease).toBe(2);
  let failures = 0;
  store.before = (method) => {
    if (method !== "getMany" || failures > 0) return;
    failures++;
    throw new PalimpsestError("E_UNAVAILABLE", "refused once");
  };
  await vi.advanceTimersByTimeAsync(100);
  expect(failures).toBe(1);
  open();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await Promise.all([first, second])).toEqual(["answer", "answer"]);
  expect(fill).toHaveBeenCalledTimes(1);
});

test("a store that goes away while one waits for another's turn ends the wait", async () => {
  const { fleet, store } = timedFleet(1, 60_000);
  await store.lease(leaseName, 60_000);
  const fill = vi.fn(async () => "answer");
  const answer = fleet[0]!.getOrSet(key, fill, { ttl });
  await vi.advanceTimersByTimeAsync(20);
  expect(fill).not.toHaveBeenCalled();
  store.mode = "refuses";
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await answer).toBe("answer");
});

test("who leaves while waiting for another's turn leaves at once, and nothing is filled", async () => {
  const { fleet, store } = timedFleet(1, 60_000);
  await store.lease(leaseName, 60_000);
  const controller = new AbortController();
  const fill = vi.fn(async () => "answer");
  const answer = fleet[0]!.getOrSet(key, fill, { ttl, signal: controller.signal });
  await vi.advanceTimersByTimeAsync(20);
  controller.abort();
  await expect(answer).rejects.toMatchObject({ code: "E_ABORTED" });
  await vi.advanceTimersByTimeAsync(0);
  expect(fleet[0]!.usage.fills).toBe(0);
  expect(fill).not.toHaveBeenCalled();
});

test("a value that came between the first look and the turn is taken, and the turn given back", async () => {
  const store = new FaultStore();
  const { fleet } = timedFleet(2, 60_000, store);
  let isFirst = true;
  store.before = async (method) => {
    if (method !== "lease" || !isFirst) return;
    isFirst = false;
    await fleet[1]!.set(key, "from elsewhere", { ttl });
  };
  const fill = vi.fn(async () => "filled");
  expect(await fleet[0]!.getOrSet(key, fill, { ttl })).toBe("from elsewhere");
  expect(fill).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(0);
  expect(await store.lease(leaseName, 1_000)).toBeDefined();
});

test("the turn ends when the value is in the store, not before", async () => {
  const store = new FaultStore();
  const { fleet } = timedFleet(1, 60_000, store);
  await fleet[0]!.getOrSet(keyOf("first"), async () => 1, { ttl });
  await vi.advanceTimersByTimeAsync(0);
  const writing = gate();
  store.before = (method) => (method === "set" ? writing.opened : undefined);
  expect(await fleet[0]!.getOrSet(key, async () => "answer", { ttl })).toBe("answer");
  await vi.advanceTimersByTimeAsync(0);
  expect(await store.lease(leaseName, 1_000)).toBeUndefined();
  store.before = undefined;
  writing.open();
  await vi.advanceTimersByTimeAsync(0);
  expect(await store.lease(leaseName, 1_000)).toBeDefined();
});

test("refreshes take turns too: 4 processes with a stale value cost 1 refresh", async () => {
  const { fleet, clock } = testFleet(4);
  const options = { ttl: 1_000, staleWhileRevalidate: 60_000 };
  await fleet[0]!.cache.set(key, "old", options);
  for (const { cache } of fleet) expect(await cache.get(key)).toBe("old");
  clock.advance(2_000);
  const fill = vi.fn(async () => {
    await delay(20);
    return "new";
  });
  const answers = await Promise.all(fleet.map(({ cache }) => cache.getOrSet(key, fill, options)));
  expect(new Set(answers)).toEqual(new Set(["old"]));
  await vi.advanceTimersByTimeAsync(1_000);
  for (const { cache } of fleet) expect(cache.get(key)).toBe("new");
  expect(fill).toHaveBeenCalledTimes(1);
});

test("values in a store of another namespace are not met", async () => {
  const store = new MemoryKeyValueStore();
  const [one, two] = ["a", "b"].map((namespace) => new TieredCache({ store, namespace }));
  await one!.set(key, "a", { ttl });
  expect(await two!.get(key)).toBeUndefined();
  expect(await one!.get(key)).toBe("a");
});
