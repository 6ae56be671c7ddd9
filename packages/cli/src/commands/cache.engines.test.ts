import { randomUUID } from "node:crypto";
import {
  cacheKey,
  CacheStatistics,
  SharedStatistics,
  StatisticsFlush,
  TieredCache,
} from "@palimpsest/cache";
import { openRedis } from "@palimpsest/drivers/redis";
import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { runCli } from "../fixtures/run-cli.ts";

const url = process.env["PALIMPSEST_TEST_REDIS_URL"] ?? "";
const prefix = `palimpsest_test_${randomUUID()}:`;
const place = ["--cache", url, "--redis-prefix", prefix];

afterAll(async () => {
  if (url === "") return;
  const client = new Redis(url);
  const keys = await client.keys(`${prefix}*`);
  if (keys.length > 0) await client.del(keys);
  client.disconnect();
});

const keyOf = (name: string) => cacheKey({ scope: "ana", prefix: "llm", parts: [name] });

/** An application's process of its own connections. */
async function application() {
  const store = await openRedis({ url, prefix });
  const statistics = new CacheStatistics();
  const cache = new TieredCache({ store, onEvent: statistics.record, deadline: 30_000 });
  const flush = new StatisticsFlush({ statistics, shared: new SharedStatistics({ store }) });
  const asked: string[] = [];
  const ask = (name: string, tags: readonly string[] = []) => {
    const fill = async () => {
      asked.push(name);
      return `answer ${name}`;
    };
    return cache.getOrSet(keyOf(name), fill, { ttl: 600_000, tags });
  };
  return {
    ask,
    asked,
    cache,
    [Symbol.asyncDispose]: async () => {
      await flush[Symbol.asyncDispose]();
      await cache.close();
      await store.close();
    },
  };
}

describe.skipIf(url === "")("a cache on Redis", () => {
  it("is summed over its processes", async () => {
    for (let process = 0; process < 3; process++) {
      await using app = await application();
      for (let i = 0; i < 4; i++) await app.ask("a");
    }
    const { code, stdout, stderr } = await runCli(["cache", "stats", ...place, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      total: { requests: 12, hits: 11, misses: 1, errors: 0 },
      classes: { llm: { hits: 11 } },
    });
  });

  it("is cleared by tag in running processes, which hear of it", async () => {
    await using one = await application();
    await using other = await application();
    for (const app of [one, other]) {
      await app.ask("tagged", ["t"]);
      await app.ask("plain");
    }
    const clear = ["cache", "clear", ...place, "--tag", "t", "--json"];
    const { code, stdout, stderr } = await runCli(clear);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ cleared: { all: false, tags: ["t"] } });
    for (const { cache } of [one, other]) {
      await expect.poll(() => cache.get(keyOf("tagged")), { timeout: 30_000 }).toBeUndefined();
      expect(await cache.get(keyOf("plain"))).toBe("answer plain");
    }
    await other.ask("tagged", ["t"]);
    await one.ask("tagged", ["t"]);
    expect([...one.asked, ...other.asked].filter((name) => name === "tagged")).toHaveLength(2);
  });

  it("is cleared as a whole", async () => {
    await using app = await application();
    await app.ask("a");
    expect((await runCli(["cache", "clear", ...place, "--all"])).code).toBe(0);
    await expect.poll(() => app.cache.get(keyOf("a")), { timeout: 30_000 }).toBeUndefined();
    const { stdout } = await runCli(["cache", "stats", ...place, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ classes: { llm: { errors: 0 } } });
  });
});
