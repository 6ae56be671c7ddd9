import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheKey, TieredCache } from "@palimpsest/cache";
import { openSqlite } from "@palimpsest/drivers/sqlite";
import { afterAll, expect, test, vi } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "palimpsest-cache-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ttl = 60_000;
const key = cacheKey({ scope: "", prefix: "llm", parts: ["question"] });

test("two processes share a file: one fills, the other hears of an invalidation without any channel", async () => {
  const path = join(folder, "cache.db");
  await using one = await openSqlite({ path, durability: "process" });
  await using two = await openSqlite({ path, durability: "process" });
  const options = { deadline: 30_000, lease: 30_000, syncInterval: 20 };
  const [first, second] = [one, two].map(
    ({ keyValues }) => new TieredCache({ store: keyValues, ...options }),
  );
  const fill = vi.fn(async () => "answer");
  const answers = [first!, second!].map((cache) => cache.getOrSet(key, fill, { ttl, tags: ["t"] }));
  expect(await Promise.all(answers)).toEqual(["answer", "answer"]);
  expect(fill).toHaveBeenCalledTimes(1);
  await first!.invalidateTags(["t"]);
  const gone = async (): Promise<void> => expect(await second!.get(key)).toBeUndefined();
  await vi.waitFor(gone, { timeout: 30_000 });
  await Promise.all([first!.close(), second!.close()]);
});

test("a cache outlives its process in a file", async () => {
  const path = join(folder, "lasting.db");
  {
    await using engine = await openSqlite({ path });
    await using cache = new TieredCache({ store: engine.keyValues, deadline: 30_000 });
    await cache.set(key, Float32Array.of(1, 2, 3), { ttl });
  }
  await using engine = await openSqlite({ path });
  await using cache = new TieredCache({ store: engine.keyValues, deadline: 30_000 });
  expect(await cache.get(key)).toEqual(Float32Array.of(1, 2, 3));
});
