import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CacheKey, cacheKey } from "./cache-key.ts";
import { testFleet } from "./fixtures/test-cache.ts";

const ttl = 60_000;

test("tags, prefixes, keys and everything, in both processes and both tiers, as a model says (property)", async () => {
  const prefixes = ["llm", "llm/chat", "llm/chatter", "other"];
  const keys = ["a", "b"].flatMap((scope) =>
    prefixes.map((prefix) => ({ scope, prefix, key: cacheKey({ scope, prefix, parts: [1] }) })),
  );
  const which = fc.nat(keys.length - 1);
  const process = fc.nat(1);
  const tags = fc.subarray(["t1", "t2", "t3"]);
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("set" as const), process, which, tags }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("fill" as const), process, which, tags }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("tags" as const), process, tags }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("prefix" as const),
        process,
        scope: fc.constantFrom("a", "b"),
        prefix: fc.constantFrom("", "llm", "llm/chat", "llm/ch"),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("delete" as const), process, which }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("clear" as const), process }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { fleet } = testFleet(2);
      const model = new Map<CacheKey, { value: number; tags: readonly string[] }>();
      const wrong: unknown[] = [];
      let serial = 0;
      for (const each of steps) {
        const { cache } = fleet[each.process]!;
        if (each.do === "set") {
          await cache.set(keys[each.which]!.key, ++serial, { ttl, tags: each.tags });
          model.set(keys[each.which]!.key, { value: serial, tags: each.tags });
        }
        if (each.do === "fill") {
          const { key: filled } = keys[each.which]!;
          const fill = async () => ++serial;
          const value = await cache.getOrSet(filled, fill, { ttl, tags: each.tags });
          if (!model.has(filled)) model.set(filled, { value: serial, tags: each.tags });
          if (value !== model.get(filled)!.value) wrong.push({ each, value });
        }
        if (each.do === "tags") {
          await cache.invalidateTags(each.tags);
          drop((_, entry) => each.tags.some((tag) => entry.tags.includes(tag)));
        }
        if (each.do === "prefix") {
          await cache.invalidatePrefix(each.scope, each.prefix);
          drop((found) => {
            const { scope, prefix } = keys.find((one) => one.key === found)!;
            const isBelow = `${prefix}/`.startsWith(each.prefix === "" ? "" : `${each.prefix}/`);
            return scope === each.scope && isBelow;
          });
        }
        if (each.do === "delete") {
          await cache.delete([keys[each.which]!.key]);
          model.delete(keys[each.which]!.key);
        }
        if (each.do === "clear") {
          await cache.clear();
          model.clear();
        }
        await nextTurn();
        expect(wrong).toEqual([]);
        for (const { cache: reader } of fleet) {
          const found = await reader.getMany(keys.map((one) => one.key));
          expect(found).toEqual(keys.map((one) => model.get(one.key)?.value));
        }
      }
      function drop(isHit: (found: CacheKey, entry: { tags: readonly string[] }) => boolean): void {
        for (const [found, entry] of model) if (isHit(found, entry)) model.delete(found);
      }
    }),
    { numRuns: 100 },
  );
});
