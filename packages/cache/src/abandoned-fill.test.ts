import { setImmediate as nextTurn } from "node:timers/promises";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import { expect, test, vi } from "vitest";
import { FaultStore } from "./fixtures/fault-store.ts";
import { gate } from "./fixtures/gate.ts";
import { keyOf, testCache } from "./fixtures/test-cache.ts";
import { TieredCache } from "./tiered-cache.ts";

const ttl = 60_000;
const key = keyOf("question");
const [a, b] = [keyOf("a"), keyOf("b")];

test("a fill that everybody left, and that goes on, undoes nothing that came after it", async () => {
  for (const after of ["set", "delete"] as const) {
    const { cache } = testCache();
    const { opened, open } = gate();
    const leaving = new AbortController();
    const { signal } = leaving;
    const left = cache.getOrSet(key, async () => (await opened, "old"), { ttl, signal });
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: "E_ABORTED" });
    expect(await cache.getOrSet(key, async () => "new", { ttl })).toBe("new");
    if (after === "set") await cache.set(key, "newest", { ttl });
    else await cache.delete([key]);
    open();
    await nextTurn();
    expect(await cache.get(key)).toBe(after === "set" ? "newest" : undefined);
  }
});

test("a fill that everybody left gives its turn back, so that the next caller need not wait for it", async () => {
  const store = new MemoryKeyValueStore();
  const caches = [0, 1].map(() => new TieredCache({ store, deadline: 30_000 }));
  const leaving = new AbortController();
  const { signal } = leaving;
  const started = gate();
  const hangs = (): Promise<string> => {
    started.open();
    return new Promise(() => undefined);
  };
  const left = caches[0]!.getOrSet(key, hangs, { ttl, signal });
  await started.opened;
  leaving.abort();
  await expect(left).rejects.toMatchObject({ code: "E_ABORTED" });
  const answers = caches.map((cache) => cache.getOrSet(key, async () => "answer", { ttl }));
  expect(await Promise.all(answers)).toEqual(["answer", "answer"]);
});

test("who leaves while the store is asked costs no fill, of many keys neither", async () => {
  const fill = vi.fn(async () => ["a", "b"]);
  for (const method of ["getMany", "set"] as const) {
    const store = new FaultStore();
    const cache = new TieredCache({ store, deadline: 30_000 });
    const leaving = new AbortController();
    store.before = (called) => {
      if (called === method) leaving.abort();
    };
    const left = cache.getOrSetMany([a, b], fill, { ttl, signal: leaving.signal });
    await expect(left).rejects.toMatchObject({ code: "E_ABORTED" });
    await nextTurn();
    expect(cache.usage.fills).toBe(0);
  }
  expect(fill).not.toHaveBeenCalled();
});

test("a signal that fires within the fill itself is heard", async () => {
  const { cache } = testCache();
  const leaving = new AbortController();
  const { signal } = leaving;
  const hangs = (): Promise<string> => {
    leaving.abort();
    return new Promise(() => undefined);
  };
  await expect(cache.getOrSet(key, hangs, { ttl, signal })).rejects.toMatchObject({
    code: "E_ABORTED",
  });
});

test("malformed options leave nobody waiting for what others fill", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const { cache } = testCache();
  const { opened, open } = gate();
  const failing = async (): Promise<never> => {
    await opened;
    throw new Error("failed");
  };
  const first = cache.getOrSet(a, failing, { ttl });
  const { signal } = new AbortController();
  const refused = cache.getOrSetMany([a, b], failing, { ttl: Number.NaN, signal });
  await expect(refused).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  open();
  await expect(first).rejects.toThrow("failed");
  await nextTurn();
  await nextTurn();
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
