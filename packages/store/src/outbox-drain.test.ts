import { PalimpsestError } from "@palimpsest/core";
import { describe, expect, test } from "vitest";
import { retryDelay, workerSettings } from "./backoff.ts";
import { memoryParts } from "./fixtures/memory-parts.ts";
import { failing, poisonedBy } from "./fixtures/word-embedder.ts";

const day = 86_400_000;

describe("a poison document", () => {
  test("is found by halving; everything else is indexed at once", async () => {
    const { open, embedder } = await memoryParts();
    const store = await open({ consistency: "eventual" });
    embedder.before = poisonedBy("poison");
    await store.upsertMany([
      ...Array.from({ length: 63 }, (_, i) => ({ id: `d${i}`, text: `fine ${i}` })),
      { id: "p", text: "poison" },
    ]);
    expect(await store.flush()).toMatchObject({ indexed: 63, retried: 1, pending: 1 });
    // 64 → 1 in six halvings, two calls each, plus the first and the probe.
    expect(embedder.calls.length).toBeLessThanOrEqual(14);
    expect(await store.checkConsistency()).toMatchObject({ missing: 1, stale: 0, orphans: 0 });
  });

  test("is quarantined alone after its attempts, reported, and released by repair", async () => {
    const { open, embedder, clock, warnings } = await memoryParts();
    const store = await open({ consistency: "eventual" });
    embedder.before = poisonedBy("poison");
    await store.upsertMany([
      { id: "p", text: "poison" },
      { id: "ok", text: "fine" },
    ]);
    let quarantined = 0;
    for (let attempt = 1; attempt <= 8; attempt++) {
      quarantined += (await store.flush()).quarantined;
      expect(quarantined).toBe(attempt === 8 ? 1 : 0);
      clock.advance(day);
    }
    expect(warnings.at(-1)).toMatch(/"p".*8 attempts.*quarantined.*repair/s);
    expect(warnings.join()).not.toContain("poison");
    expect(await store.checkConsistency()).toMatchObject({
      healthy: false,
      quarantined: 1,
      missing: 1,
      pending: 0,
      problems: [
        { kind: "quarantined", id: "p", detail: expect.stringContaining("8 attempts") },
        { kind: "missing", id: "p" },
      ],
    });
    embedder.before = () => undefined;
    expect(await store.repair()).toMatchObject({ released: 1, healthy: true });
  });

  test("a newer write takes it out of quarantine", async () => {
    const { open, embedder, clock } = await memoryParts();
    const store = await open({ consistency: "eventual" });
    embedder.before = poisonedBy("poison");
    await store.upsert({ id: "p", text: "poison" });
    for (let attempt = 0; attempt < 8; attempt++) {
      await store.flush();
      clock.advance(day);
    }
    await store.upsert({ id: "p", text: "harmless" });
    await store.flush();
    expect(await store.checkConsistency()).toMatchObject({ healthy: true });
  });
});

describe("an outage", () => {
  test("quarantines nothing however long it lasts, and costs two calls per attempt", async () => {
    const { open, embedder, clock } = await memoryParts();
    const store = await open({ consistency: "eventual" });
    await store.upsertMany(Array.from({ length: 100 }, (_, i) => ({ text: `t${i}` })));
    embedder.before = failing(Number.POSITIVE_INFINITY);
    for (let attempt = 0; attempt < 20; attempt++) {
      expect(await store.flush()).toMatchObject({ quarantined: 0, retried: 100, pending: 100 });
      clock.advance(day);
    }
    expect(embedder.calls).toHaveLength(40);
    embedder.before = () => undefined;
    expect(await store.flush()).toMatchObject({ indexed: 100, pending: 0 });
  });

  test("that the engine names is not probed", async () => {
    const { open, embedder, vectors } = await memoryParts();
    const store = await open({ consistency: "eventual" });
    await store.upsertMany([{ text: "a" }, { text: "b" }]);
    vectors.beforeUpsert = () => {
      throw new PalimpsestError("E_FULL", "disk full");
    };
    expect(await store.flush()).toMatchObject({ retried: 2 });
    expect(embedder.calls).toHaveLength(1);
  });

  test("retries wait: a flush takes only what is due", async () => {
    const { open, embedder, clock } = await memoryParts();
    const store = await open({ consistency: "eventual" });
    await store.insert({ text: "a" });
    embedder.before = failing(2);
    expect(await store.flush()).toMatchObject({ retried: 1, pending: 1 });
    expect(await store.flush()).toMatchObject({ retried: 0, indexed: 0, pending: 1 });
    clock.advance(500);
    expect(await store.flush()).toMatchObject({ indexed: 1, pending: 0 });
  });
});

test("more than a batch is drained batch by batch", async () => {
  const { open, embedder } = await memoryParts();
  const store = await open({ consistency: "eventual" });
  await store.upsertMany(Array.from({ length: 300 }, (_, i) => ({ text: `t${i}` })));
  expect(await store.flush()).toMatchObject({ indexed: 300, pending: 0 });
  expect(embedder.calls.map(({ texts }) => texts.length)).toEqual([128, 128, 44]);
});

test("a fired signal ends a flush", async () => {
  const { open } = await memoryParts();
  const store = await open({ consistency: "eventual" });
  await store.insert({ text: "a" });
  await expect(store.flush({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "E_ABORTED",
  });
});

test.each([
  [0, 1, 100],
  [1, 1, 200],
  [2, 1, 400],
  [9, 1, 1000],
  [99, 1, 1000],
  [2, 0, 200],
])("after %i failures with random %d the delay is %i ms", (attempts, random, delay) => {
  const settings = workerSettings({ retryMs: 100, maxRetryMs: 1000, random: () => random });
  expect(retryDelay(attempts, settings)).toBe(delay);
});
