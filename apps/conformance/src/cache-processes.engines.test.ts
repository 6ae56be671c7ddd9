import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { PrivateRedis, testUrl } from "./fixtures/cache-redis.ts";
import { Child } from "./fixtures/child-process.ts";

const folder = mkdtempSync(join(tmpdir(), "palimpsest-cache-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fills(outputs: readonly string[]): number {
  return outputs.join("").match(/^fill /gm)?.length ?? 0;
}

describe.skipIf(testUrl === undefined)("4 processes on one Redis", () => {
  let redis: PrivateRedis;
  let children: Child[] = [];

  beforeEach(async () => {
    redis = await PrivateRedis.start();
  });
  afterEach(async () => {
    for (const child of children) child.kill();
    await Promise.all(children.map(({ ended }) => ended));
    await redis.kill();
  });

  async function start(waiters: number, fillMs: number, lease: number): Promise<void> {
    const parameters = [redis.url, `${waiters}`, `${fillMs}`, `${lease}`];
    children = Array.from({ length: 4 }, () => new Child("cache-child.ts", parameters, folder));
    await Promise.all(children.map((child) => child.said("ready")));
    for (const child of children) child.go();
  }

  test("250 misses each cost 1 call in all (bentocache, cacheable, async-cache-dedupe: 4)", async () => {
    await start(250, 300, 30_000);
    const ended = await Promise.all(children.map(({ ended: end }) => end));
    expect(ended.map(({ code, errors }) => ({ code, errors }))).toEqual(
      ended.map(() => ({ code: 0, errors: "" })),
    );
    for (const { out } of ended) expect(out).toContain("answers 250 answer");
    expect(fills(ended.map(({ out }) => out))).toBe(1);
  });

  test("when the process that fills is killed, one other fills: 2 calls in all", async () => {
    await start(50, 4_000, 10_000);
    const holder = await Promise.race(
      children.map(async (child) => {
        await child.said("fill");
        return child;
      }),
    );
    holder.kill();
    const ended = await Promise.all(children.map(({ ended: end }) => end));
    const survivors = ended.filter((_, i) => children[i] !== holder);
    for (const { code, out } of survivors) {
      expect(code).toBe(0);
      expect(out).toContain("answers 50 answer");
    }
    expect(fills(ended.map(({ out }) => out))).toBe(2);
  });
});
