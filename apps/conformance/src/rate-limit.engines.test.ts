import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyValueStore } from "@palimpsest/core";
import { openRedis } from "@palimpsest/drivers/redis";
import {
  rateLimit,
  type RateLimits,
  type RateLimitPolicy,
  SharedAllowance,
} from "@palimpsest/resilience";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PrivateRedis, testUrl } from "./fixtures/cache-redis.ts";
import { Child } from "./fixtures/child-process.ts";

/** A tenth of it is how long a busy machine may take for an answer, and for what follows it. */
const interval = 5_000;
const patient = { timeout: 60_000 };

/** The most that passed within any interval. */
function busiest(passed: readonly number[]): number {
  const within = passed.map((at) => passed.filter((other) => other >= at && other < at + interval));
  return Math.max(0, ...within.map(({ length }) => length));
}

describe.skipIf(testUrl === undefined)("one rate on one Redis", () => {
  let redis: PrivateRedis;
  const stores: KeyValueStore[] = [];

  beforeEach(async () => {
    redis = await PrivateRedis.start();
  });
  afterEach(async () => {
    redis.resume();
    await Promise.allSettled(stores.splice(0).map((store) => store.close()));
    await redis.kill();
  });

  /** As one process would open it. */
  async function open(limits: RateLimits): Promise<RateLimitPolicy> {
    const store: KeyValueStore = await openRedis({ url: redis.url, timeout: 2_000 });
    stores.push(store);
    await store.getMany(["connect"]);
    return rateLimit({
      jitter: 0,
      allowance: new SharedAllowance({ store, name: "acme/large", interval, ...limits }),
    });
  }

  test("3 processes with 15 calls each never pass 20 per interval, and all calls get through", async () => {
    const folder = mkdtempSync(join(tmpdir(), "palimpsest-rate-"));
    const parameters = [redis.url, "15", "20", `${interval}`];
    const children = [1, 2, 3].map(() => new Child("rate-child.ts", parameters, folder));
    try {
      await Promise.all(children.map((child) => child.said("ready")));
      for (const child of children) child.go();
      const ended = await Promise.all(children.map((child) => child.ended));
      expect(ended.map(({ code, errors }) => ({ code, errors }))).toEqual(
        ended.map(() => ({ code: 0, errors: "" })),
      );
      const passed = ended.flatMap(({ out }) =>
        [...out.matchAll(/^passed (\d+)$/gm)].map(([, at]) => Number(at)),
      );
      expect(passed).toHaveLength(45);
      expect(busiest(passed)).toBeLessThanOrEqual(20);
    } finally {
      for (const child of children) child.kill();
      await Promise.all(children.map((child) => child.ended));
      rmSync(folder, { recursive: true });
    }
  });

  test("tokens that one client did not use are the other's", async () => {
    const [one, other] = [await open({ tokens: 100 }), await open({ tokens: 100 })];
    await one.execute(async ({ request }) => request.report({ tokens: 30 }), { tokens: 90 });
    const passed: number[] = [];
    const start = Date.now();
    const call = (tokens: number) =>
      other.execute(async () => void passed.push(Date.now() - start), { tokens });
    await Promise.all([call(70), call(1)]);
    expect(passed[0]).toBeLessThan(interval / 2);
    expect(passed[1]).toBeGreaterThan(interval / 2);
  });

  test("a 429 that one client gets cools the other down", async () => {
    const [one, other] = [await open({ requests: 100 }), await open({ requests: 100 })];
    const start = Date.now();
    const tooMany = Object.assign(new Error("429"), {
      status: 429,
      headers: { "retry-after": "5" },
    });
    await expect(one.execute(() => Promise.reject(tooMany))).rejects.toBe(tooMany);
    // That it is shared is not waited for by the caller who got the error.
    await expect
      .poll(() => stores[0]?.getMany(["acme/large:cool-down"]), patient)
      .not.toEqual([undefined]);
    await other.execute(async () => {});
    expect(Date.now() - start).toBeGreaterThanOrEqual(5_000);
  });

  test("stalled: nobody passes whom the server cannot count, and the limit holds when it wakes", async () => {
    const fleet = [await open({ requests: 5 }), await open({ requests: 5 })];
    const passed: number[] = [];
    const call = (index: number) =>
      fleet[index % 2]!.execute(async () => void passed.push(Date.now()));
    await Promise.all([0, 1, 2].map(call));
    redis.stall();
    const stalledAt = Date.now();
    const during = await Promise.allSettled([0, 1, 2, 3].map(call));
    expect(during.map(({ status }) => status)).toEqual(during.map(() => "rejected"));
    redis.resume();
    await expect.poll(() => call(0).catch(() => "down"), patient).toBeUndefined();
    await expect.poll(() => call(1).catch(() => "down"), patient).toBeUndefined();
    const after = await Promise.allSettled(Array.from({ length: 7 }, (_, index) => call(index)));
    expect(after.map(({ status }) => status)).toEqual(after.map(() => "fulfilled"));
    expect(passed.filter((at) => at <= stalledAt)).toHaveLength(3);
    expect(busiest(passed)).toBeLessThanOrEqual(5);
  });

  test("killed: the store's error is the caller's, and a server that comes back is used again", async () => {
    const policy = await open({ requests: 5 });
    await policy.execute(async () => {});
    await redis.kill();
    let called = false;
    const refused = policy.execute(async () => void (called = true));
    await expect(refused).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
    expect(called).toBe(false);
    await redis.run();
    const answer = (): Promise<string> => policy.execute(async () => "up").catch(() => "down");
    await expect.poll(answer, patient).toBe("up");
  });
});
