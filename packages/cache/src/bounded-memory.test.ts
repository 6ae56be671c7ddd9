import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Growth } from "./fixtures/million-operations.ts";
import { keyOf, testCache } from "./fixtures/test-cache.ts";
import { sizeOf } from "./tiers/value-size.ts";

const ttl = 60_000;

test("memory keeps no more entries and no more bytes than it may", async () => {
  const { cache } = testCache({ memory: { maxEntries: 10, maxBytes: 1_000_000 } });
  for (let i = 0; i < 50; i++) await cache.set(keyOf(i), i, { ttl });
  expect(cache.usage.entries).toBe(10);
  expect(cache.get(keyOf(49))).toBe(49);
  const byBytes = testCache({ memory: { maxEntries: 1_000, maxBytes: 50_000 } }).cache;
  for (let i = 0; i < 50; i++) await byBytes.set(keyOf(i), "x".repeat(1_000), { ttl });
  expect(byBytes.usage.bytes).toBeLessThanOrEqual(50_000);
  expect(byBytes.usage.entries).toBeGreaterThan(10);
});

test("what was used last stays, what is larger than everything is not kept", async () => {
  const { cache } = testCache({ memory: { maxEntries: 2, maxBytes: 10_000 } });
  await cache.set(keyOf("a"), "a", { ttl });
  await cache.set(keyOf("b"), "b", { ttl });
  expect(cache.get(keyOf("a"))).toBe("a");
  await cache.set(keyOf("c"), "c", { ttl });
  expect(cache.get(keyOf("a"))).toBe("a");
  expect(await cache.get(keyOf("b"))).toBeUndefined();
  await cache.set(keyOf("large"), "x".repeat(20_000), { ttl });
  expect(await cache.get(keyOf("large"))).toBeUndefined();
  expect(cache.get(keyOf("a"))).toBe("a");
});

/** Of a memory that holds this value only. */
async function bytesOf(value: unknown, tags: readonly string[] = []): Promise<number> {
  const { cache } = testCache();
  await cache.set(keyOf("question"), value, { ttl: 60_000, tags });
  return cache.usage.bytes;
}

test("an entry's tags, and what maps and sets hold, count too", async () => {
  const none = await bytesOf(null);
  const text = "x".repeat(10_000);
  const values = [new Map([[text, 1]]), new Map([[1, text]]), [new Set([text])]];
  for (const value of [...values, new ArrayBuffer(20_000)]) {
    expect(await bytesOf(value)).toBeGreaterThan(none + 20_000);
  }
  const tags = Array.from({ length: 1_000 }, (_, i) => `tag ${i}`);
  expect(await bytesOf(null, tags)).toBeGreaterThan(none + 10_000);
});

test("sizes grow with what a value holds, and cycles end", () => {
  const cycle: Record<string, unknown> = { text: "x".repeat(100) };
  cycle["self"] = [cycle];
  expect(sizeOf(cycle)).toBeGreaterThan(200);
  expect(sizeOf(cycle)).toBeLessThan(1_000);
  expect(sizeOf(new Float32Array(1_536))).toBeGreaterThanOrEqual(6_144);
  expect(sizeOf("x".repeat(1_000))).toBeGreaterThanOrEqual(2_000);
  expect(sizeOf(undefined)).toBeLessThan(16);
});

test("memory is flat over 1,000,000 operations on ever new keys, tags, errors and tenants", async () => {
  const script = fileURLToPath(new URL("fixtures/million-operations.ts", import.meta.url));
  const flags = ["--expose-gc", "--conditions=@palimpsest/source", script];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  const { operations, growth } = JSON.parse(stdout) as Growth;
  expect(operations).toBe(1_000_000);
  // One tag or one stamp kept per operation would make tens of megabytes.
  expect(growth).toBeLessThan(8 * 2 ** 20);
}, 600_000);
