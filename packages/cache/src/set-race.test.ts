import { expect, test } from "vitest";
import { keyOf, listening, testCache, testFleet } from "./fixtures/test-cache.ts";
import { StoreNames } from "./keys/store-names.ts";
import type { TieredCache } from "./tiered-cache.ts";

const ttl = 60_000;
const key = keyOf("question");
const names = new StoreNames("cache");

test("what is set while it is invalidated is not kept, and who asks afterwards does not get it", async () => {
  const options = { ttl, tags: ["user:1"] };
  for (const withStore of [false, true]) {
    for (const invalidate of [
      (cache: TieredCache) => cache.clear(),
      (cache: TieredCache) => cache.invalidateTags(["user:1"]),
      (cache: TieredCache) => cache.invalidatePrefix("acme", "llm"),
      (cache: TieredCache) => cache.delete([key]),
    ]) {
      const { cache } = withStore ? testFleet(1).fleet[0]! : testCache();
      const set = cache.set(key, "old", options);
      const invalidated = invalidate(cache);
      const asked = cache.getOrSet(key, async () => "new", options);
      await Promise.all([set, invalidated]);
      expect(await asked).toBe("new");
      expect(await cache.get(key)).toBe("new");
    }
  }
});

test("a set that learns of an earlier invalidation, or of lost stamps, is kept", async () => {
  for (const change of ["invalidated", "lost"] as const) {
    const { fleet, store } = testFleet(2);
    const [one, two] = fleet.map(({ cache }) => cache);
    const options = { ttl, tags: ["user:1"] };
    await one!.set(key, "old", options);
    await two!.get(key);
    store.losesMessages = true;
    if (change === "invalidated") await two!.invalidateTags(["user:1"]);
    else await store.delete(["e", "p:acme:", "t:user%3A1"].map((name) => names.stamp(name)));
    await one!.set(key, "new", options);
    expect(await one!.get(key)).toBe("new");
    await listening(two!);
    expect(await two!.get(key)).toBe("new");
  }
});
