import { setImmediate as nextTurn } from "node:timers/promises";
import { PalimpsestError } from "@palimpsest/core";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { CacheKey } from "./cache-key.ts";
import { gate } from "./fixtures/gate.ts";
import { keyOf, testCache } from "./fixtures/test-cache.ts";

const ttl = 60_000;
const key = keyOf("question");

test("1,000 waiters cost 1 call (bentocache: 1, by-hand get and set: 1,000)", async () => {
  const { cache, told } = testCache();
  const { opened, open } = gate();
  const fill = vi.fn(async () => {
    await opened;
    return "answer";
  });
  const answers = Array.from({ length: 1_000 }, () => cache.getOrSet(key, fill, { ttl }));
  open();
  expect(new Set(await Promise.all(answers))).toEqual(new Set(["answer"]));
  expect(fill).toHaveBeenCalledTimes(1);
  expect(told().filter((type) => type === "join")).toHaveLength(999);
});

test("1,000 waiters on a failing fill cost 1 call and get the original error (bentocache: 1,000 calls; cacheable: 1,000 times undefined)", async () => {
  const { cache } = testCache();
  const error = new TypeError("the provider is down");
  const fill = vi.fn(async () => Promise.reject(error));
  const answers = Array.from({ length: 1_000 }, () => cache.getOrSet(key, fill, { ttl }));
  const outcomes = await Promise.allSettled(answers);
  expect(fill).toHaveBeenCalledTimes(1);
  expect(outcomes).toHaveLength(1_000);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: error });
  // Nothing is remembered unless asked.
  await expect(cache.getOrSet(key, async () => "answer", { ttl })).resolves.toBe("answer");
});

test("a fill that throws before it returns a promise fails its callers only", async () => {
  const { cache } = testCache();
  const filled = cache.getOrSet(
    key,
    () => {
      throw new RangeError("at once");
    },
    { ttl },
  );
  await expect(filled).rejects.toThrow("at once");
  expect(cache.usage.fills).toBe(0);
});

test("a hit is returned without a promise", async () => {
  const { cache } = testCache();
  await cache.getOrSet(key, async () => ({ text: "answer" }), { ttl });
  const hit = cache.getOrSet(key, async () => ({ text: "other" }), { ttl });
  expect(hit).toEqual({ text: "answer" });
  expect(cache.get(key)).toBe(hit);
});

test("undefined and null are values, and other than absent", async () => {
  const { cache } = testCache();
  const fill = vi.fn(async () => undefined);
  await cache.getOrSet(key, fill, { ttl });
  expect(cache.getOrSet(key, fill, { ttl })).toBeUndefined();
  expect(fill).toHaveBeenCalledTimes(1);
  const nothing = vi.fn(async () => null);
  await cache.getOrSet(keyOf("null"), nothing, { ttl });
  expect(cache.getOrSet(keyOf("null"), nothing, { ttl })).toBeNull();
  expect(nothing).toHaveBeenCalledTimes(1);
});

test("a waiter that leaves disturbs nobody; the last one stops the fill", async () => {
  const { cache } = testCache();
  const signals: AbortSignal[] = [];
  const fill = vi.fn(({ signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise<string>((resolve) => {
      signal.addEventListener("abort", () => resolve("too late"), { once: true });
    });
  });
  const [one, two] = [new AbortController(), new AbortController()];
  const first = cache.getOrSet(key, fill, { ttl, signal: one.signal });
  const second = cache.getOrSet(key, fill, { ttl, signal: two.signal });
  one.abort(new Error("gone"));
  await expect(first).rejects.toMatchObject({ code: "E_ABORTED", cause: { message: "gone" } });
  expect(signals[0]?.aborted).toBe(false);
  two.abort();
  await expect(second).rejects.toMatchObject({ code: "E_ABORTED" });
  expect(signals[0]?.aborted).toBe(true);
  expect(fill).toHaveBeenCalledTimes(1);
});

test("a fill with a waiter that cannot leave goes on when the others left", async () => {
  const { cache } = testCache();
  const { opened, open } = gate();
  const fill = async ({ signal }: { signal: AbortSignal }) => {
    await opened;
    return signal.aborted ? "stopped" : "answer";
  };
  const leaving = new AbortController();
  const first = cache.getOrSet(key, fill, { ttl, signal: leaving.signal });
  const second = cache.getOrSet(key, fill, { ttl });
  leaving.abort();
  await expect(first).rejects.toMatchObject({ code: "E_ABORTED" });
  open();
  expect(await second).toBe("answer");
});

test("who comes after everybody left begins anew", async () => {
  const { cache } = testCache();
  const leaving = new AbortController();
  const first = cache.getOrSet(key, () => new Promise(() => undefined), {
    ttl,
    signal: leaving.signal,
  });
  leaving.abort();
  await expect(first).rejects.toMatchObject({ code: "E_ABORTED" });
  expect(await cache.getOrSet(key, async () => "answer", { ttl })).toBe("answer");
});

test("a signal that fired before gets nothing, and a signal that never fires keeps no listener", async () => {
  const { cache } = testCache();
  await cache.getOrSet(key, async () => "answer", { ttl });
  const fired = AbortSignal.abort();
  await expect(cache.getOrSet(key, async () => "x", { ttl, signal: fired })).rejects.toMatchObject({
    code: "E_ABORTED",
  });
  const { signal } = new AbortController();
  const [added, removed] = [
    vi.spyOn(signal, "addEventListener"),
    vi.spyOn(signal, "removeEventListener"),
  ];
  for (let i = 0; i < 10; i++) await cache.getOrSet(keyOf(i), async () => i, { ttl, signal });
  await Promise.allSettled(
    [20, 21].map((i) =>
      cache.getOrSet(keyOf(i), async () => Promise.reject(new Error("x")), { ttl, signal }),
    ),
  );
  expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
  expect(added).toHaveBeenCalledTimes(12);
});

test("an invalidation during the fill keeps its value out of the cache, and from who asks later", async () => {
  for (const invalidate of [
    (cache: ReturnType<typeof testCache>["cache"]) => cache.invalidateTags(["user:1"]),
    (cache: ReturnType<typeof testCache>["cache"]) => cache.invalidatePrefix("acme", "llm"),
    (cache: ReturnType<typeof testCache>["cache"]) => cache.delete([key]),
    (cache: ReturnType<typeof testCache>["cache"]) => cache.clear(),
  ]) {
    const { cache } = testCache();
    const { opened, open } = gate();
    const options = { ttl, tags: ["user:1"] };
    const old = cache.getOrSet(key, async () => (await opened, "old"), options);
    await invalidate(cache);
    const fresh = cache.getOrSet(key, async () => "new", options);
    expect(await fresh).toBe("new");
    open();
    expect(await old).toBe("old");
    expect(cache.getOrSet(key, async () => "other", options)).toBe("new");
  }
});

test("a value that is set while a fill runs is the newer one", async () => {
  const { cache } = testCache();
  const { opened, open } = gate();
  const filled = cache.getOrSet(key, async () => (await opened, "old"), { ttl });
  await cache.set(key, "set", { ttl });
  open();
  await filled;
  expect(cache.get(key)).toBe("set");
});

test("what is asked of a closed cache is refused", async () => {
  const { cache } = testCache();
  await cache.getOrSet(key, async () => "answer", { ttl });
  await cache.close();
  await cache.close();
  const refused = { code: "E_CLOSED" };
  await expect(cache.getOrSet(key, async () => "x", { ttl })).rejects.toMatchObject(refused);
  await expect(cache.get(key)).rejects.toMatchObject(refused);
  await expect(cache.set(key, "x", { ttl })).rejects.toMatchObject(refused);
  await expect(cache.clear()).rejects.toMatchObject(refused);
});

test("what is no key is refused by every call, in words", async () => {
  const { cache } = testCache();
  const refused = { code: "E_INVALID_INPUT", message: expect.stringContaining("modelCallKey") };
  const fill = vi.fn(async () => ["x"]);
  for (const none of [undefined, "", "user:1", {}] as unknown[] as CacheKey[]) {
    for (const call of [
      async () => cache.getOrSet(none, fill, { ttl }),
      async () => cache.get(none),
      async () => cache.getMany([none]),
      async () => cache.set(none, "x", { ttl }),
      async () => cache.getOrSetMany([none], fill, { ttl }),
      async () => cache.delete([none]),
    ]) {
      await expect(call()).rejects.toMatchObject(refused);
    }
  }
  expect(fill).not.toHaveBeenCalled();
});

test("malformed options are refused before anything is filled", async () => {
  const { cache } = testCache();
  const fill = vi.fn(async () => "x");
  for (const options of [
    { ttl: 0 },
    { ttl: Number.NaN },
    { ttl: Number.POSITIVE_INFINITY },
    { ttl, staleIfError: -1 },
    { ttl, jitter: 1 },
    { ttl, earlyRefresh: Number.NaN },
    { ttl, earlyRefresh: -1 },
    { ttl, earlyRefresh: Number.POSITIVE_INFINITY },
    { ttl, tags: [""] },
    { ttl, tags: ["\ud800"] },
  ]) {
    await expect(cache.getOrSet(key, fill, options)).rejects.toMatchObject({
      code: "E_INVALID_INPUT",
    });
    await expect(cache.set(key, "x", options)).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  }
  expect(fill).not.toHaveBeenCalled();
  expect(() => testCache({ memory: { maxBytes: 0 } })).toThrow(PalimpsestError);
  expect(() => testCache({ deadline: Number.NaN })).toThrow("deadline");
  // A timer of so many milliseconds would ring at once.
  expect(() => testCache({ syncInterval: 2 ** 31 })).toThrow("syncInterval");
});

test("whatever the order of asking, invalidating, leaving and answering: no answer is older than the last invalidation before its question (property)", async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("ask" as const), key: fc.nat(1) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("answer" as const), at: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), at: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("invalidate" as const), key: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), at: fc.nat(5) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { cache } = testCache();
      const versions = [0, 0];
      const open: { answer: () => void; fail: () => void }[] = [];
      const asked: { controller: AbortController; done: Promise<void> }[] = [];
      let running = 0;
      const ask = (which: number): void => {
        const controller = new AbortController();
        const least = versions[which]!;
        const fill = (): Promise<number> => {
          const version = versions[which]!;
          running++;
          return new Promise<number>((resolve, reject) => {
            open.push({
              answer: () => resolve(version),
              fail: () => reject(new Error("failed")),
            });
          }).finally(() => running--);
        };
        const options = { ttl, tags: [`k${which}`], signal: controller.signal };
        const answer = Promise.resolve(cache.getOrSet(keyOf(which), fill, options));
        const done = answer.then(
          (version) => void expect(version).toBeGreaterThanOrEqual(least),
          () => undefined,
        );
        asked.push({ controller, done });
      };
      for (const each of steps) {
        if (each.do === "ask") ask(each.key);
        if (each.do === "answer") open[each.at % Math.max(1, open.length)]?.answer();
        if (each.do === "fail") open[each.at % Math.max(1, open.length)]?.fail();
        if (each.do === "leave") asked[each.at % Math.max(1, asked.length)]?.controller.abort();
        if (each.do === "invalidate") {
          versions[each.key]!++;
          void cache.invalidateTags([`k${each.key}`]);
        }
        await Promise.resolve();
      }
      for (let i = 0; i < open.length; i++) open[i]!.answer();
      await Promise.all(asked.map(({ done }) => done));
      await nextTurn();
      expect([running, cache.usage.fills]).toEqual([0, 0]);
    }),
    { numRuns: 300 },
  );
});
