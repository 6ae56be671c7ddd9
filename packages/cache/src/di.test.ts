import "reflect-metadata";
import { tokens } from "@palimpsest/core";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import { TestClock } from "@palimpsest/core/testing";
import { container as root, inject, injectable } from "tsyringe";
import { expect, test } from "vitest";
import { cacheToken, registerCache } from "./di.ts";
import { keyOf } from "./fixtures/test-cache.ts";
import type { TieredCache } from "./tiered-cache.ts";

@injectable()
class Answers {
  readonly #cache: TieredCache;

  constructor(@inject(cacheToken) cache: TieredCache) {
    this.#cache = cache;
  }

  async answer(question: string): Promise<string> {
    return this.#cache.getOrSet(keyOf(question), async () => `about ${question}`, { ttl: 1_000 });
  }
}

test("one cache per container, over the store and the clock that the container holds", async () => {
  const clock = new TestClock();
  const store = new MemoryKeyValueStore({ clock });
  const [one, two] = [root.createChildContainer(), root.createChildContainer()];
  for (const container of [one, two]) {
    container.register(tokens.keyValueStore, { useValue: store });
    container.register(tokens.clock, { useValue: clock });
    registerCache(container, { deadline: 500 });
  }
  expect(await one.resolve(Answers).answer("tea")).toBe("about tea");
  const cache = one.resolve(cacheToken);
  expect(cache).toBe(one.resolve(cacheToken));
  expect(cache.usage.store).toBe("closed");
  await cache.close();
  expect(await two.resolve(cacheToken).get(keyOf("tea"))).toBe("about tea");
  clock.advance(1_001);
  expect(await two.resolve(cacheToken).get(keyOf("tea"))).toBeUndefined();
});

test("without a store it is a cache in memory; child containers share it", async () => {
  const container = root.createChildContainer();
  registerCache(container);
  const cache = container.resolve(cacheToken);
  expect(cache.usage.store).toBe("none");
  expect(container.createChildContainer().resolve(cacheToken)).toBe(cache);
});
