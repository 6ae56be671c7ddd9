import { compareKeys } from "@palimpsest/core";
import { MemoryVectorIndex } from "@palimpsest/core/memory";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryParts } from "./fixtures/memory-parts.ts";
import { poisonedBy } from "./fixtures/word-embedder.ts";
import { keyBefore } from "./key-before.ts";

const revision = { epoch: 0, counter: 1 };

describe("checkConsistency of one document", () => {
  test("names each state by asking both indexes", async () => {
    const parts = await memoryParts();
    const store = await parts.open();
    await store.upsertMany([
      { id: "fine", text: "apple" },
      { id: "empty", text: "" },
      { id: "no-vector", text: "pear" },
      { id: "no-terms", text: "plum" },
      { id: "old", text: "fig" },
      { id: "gone", text: "quince" },
    ]);
    await parts.vectors.inner.delete([{ scope: "", id: "no-vector" }]);
    await parts.lexical.delete([{ scope: "", id: "no-terms" }]);
    await parts.documents.write([{ type: "delete", key: { scope: "", id: "gone" } }]);
    const document = { scope: "", id: "old", text: "fig", metadata: {}, timestamp: 1 };
    await parts.documents.write([{ type: "put", document }]);
    const states = ["fine", "empty", "no-vector", "no-terms", "old", "gone", "never"].map(
      async (id) => {
        const found = await store.checkConsistency(id);
        return [id, found.state, found.consistent, found.hasVector, found.hasLexical];
      },
    );
    expect(await Promise.all(states)).toEqual([
      ["fine", "indexed", true, true, true],
      ["empty", "unindexed", true, false, false],
      ["no-vector", "missing", false, false, true],
      ["no-terms", "missing", false, true, false],
      ["old", "stale", false, true, true],
      ["gone", "orphan", false, true, true],
      ["never", "absent", true, false, false],
    ]);
    expect(await store.checkConsistency({ scope: "", id: "old" })).toMatchObject({
      hasDocument: true,
      revision: { epoch: 0, counter: 2 },
      vectorRevision: revision,
      lexicalRevision: revision,
    });
    await expect(store.checkConsistency("")).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  });

  test("a document is not taken for one of another tenant or a neighbour's", async () => {
    const parts = await memoryParts();
    const store = await parts.open();
    await store.upsertMany([
      { scope: "b", id: "x", text: "apple" },
      { scope: "a", id: "xa", text: "apple" },
      { scope: "a", id: "w", text: "apple" },
    ]);
    expect(await store.checkConsistency({ scope: "a", id: "x" })).toMatchObject({
      state: "absent",
    });
    expect(await store.checkConsistency({ scope: "b", id: "x" })).toMatchObject({
      state: "indexed",
    });
  });

  test("a quarantined document says why, and retryVectorWrite releases it", async () => {
    const parts = await memoryParts();
    const store = await parts.open({
      consistency: "eventual",
      worker: false,
    });
    parts.embedder.before = poisonedBy("poison");
    await store.upsert({ id: "p", text: "poison" });
    for (let attempt = 0; attempt < 8; attempt++) {
      await store.flush();
      parts.clock.advance(86_400_000);
    }
    expect(await store.checkConsistency("p")).toMatchObject({
      state: "missing",
      consistent: false,
      quarantined: { attempts: 8, lastError: expect.stringContaining("cannot embed") },
    });
    expect(await store.retryVectorWrite("p", { maxRetries: 0 })).toBe(false);
    parts.embedder.before = () => undefined;
    expect(await store.retryVectorWrite("p")).toBe(true);
    expect(await store.checkConsistency("p")).toMatchObject({ state: "indexed", consistent: true });
    await expect(store.retryVectorWrite("never")).rejects.toMatchObject({ code: "E_NOT_FOUND" });
  });

  test("the key before another is below it, and nothing ordinary lies between", () => {
    const id = fc
      .string({ unit: "binary", minLength: 1, maxLength: 6 })
      .filter((text) => text.isWellFormed() && !text.includes("\0"));
    fc.assert(
      fc.property(id, id, (a, b) => {
        const key = { scope: "s", id: a };
        const before = keyBefore(key) ?? { scope: "s", id: "" };
        expect(compareKeys(before, key)).toBeLessThan(0);
        fc.pre(compareKeys({ scope: "s", id: b }, key) < 0);
        expect(compareKeys({ scope: "s", id: b }, before)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });

  test("ids at the edges of UTF-8 and of the allowed length are found", async () => {
    const parts = await memoryParts();
    const store = await parts.open();
    const ids = ["\u0001", "\u0001\u0001", "\ue000", "\u{10000}", "\u{10ffff}", "é"];
    ids.push("x".repeat(512), `${"x".repeat(511)}\u0001`, `\u{10000}${"y".repeat(508)}`);
    await store.upsertMany(ids.map((name) => ({ id: name, text: "apple" })));
    for (const name of ids) {
      expect(await store.checkConsistency(name)).toMatchObject({ state: "indexed" });
    }
  });
});

describe("getConsistencyReport", () => {
  test("compares so many documents, then goes on from there until complete", async () => {
    const parts = await memoryParts();
    const store = await parts.open();
    expect(await store.getConsistencyReport()).toMatchObject({
      ratio: 1,
      healthy: true,
      complete: true,
    });
    const ids = Array.from({ length: 10 }, (_, i) => `d${i}`);
    await store.upsertMany(ids.map((name) => ({ id: name, text: `text ${name}` })));
    await parts.vectors.inner.delete([
      { scope: "", id: "d1" },
      { scope: "", id: "d8" },
    ]);
    const orphan = { scope: "", id: "d55", revision, metadata: {}, vector: new Float32Array(32) };
    await parts.vectors.inner.upsert([orphan, { ...orphan, scope: "unknown tenant" }]);
    const first = await store.getConsistencyReport({ limit: 4 });
    expect(first).toMatchObject({ documents: 4, missing: 1, orphans: 0, ratio: 0.75 });
    expect(first).toMatchObject({ complete: false, next: { scope: "", id: "d3" } });
    const second = await store.getConsistencyReport({ limit: 4, after: first.next! });
    expect(second).toMatchObject({ documents: 4, missing: 0, orphans: 1, complete: false });
    const third = await store.getConsistencyReport({ limit: 4, after: second.next! });
    expect(third).toMatchObject({ documents: 2, missing: 1, orphans: 1, complete: true });
    expect(third.problems).toMatchObject([
      { kind: "orphan", scope: "unknown tenant" },
      { kind: "missing", id: "d8" },
    ]);
    const all = await store.getConsistencyReport({ full: true });
    expect(all).toMatchObject({ documents: 10, missing: 2, orphans: 2, ratio: 0.8 });
    expect(all).toMatchObject({ complete: true, next: undefined });
    for (const options of [{ limit: 0 }, { limit: 5, full: true }]) {
      await expect(store.getConsistencyReport(options)).rejects.toMatchObject({
        code: "E_INVALID_INPUT",
      });
    }
  });

  test("repair with dryRun names what it would do and does nothing", async () => {
    const parts = await memoryParts();
    const vectors = new MemoryVectorIndex(parts.embedder);
    const store = await parts.open({ vectors });
    await store.upsertMany([{ text: "apple" }, { text: "pear" }]);
    const lost = await parts.open({ vectors: new MemoryVectorIndex(parts.embedder) });
    expect(await lost.repair({ dryRun: true })).toMatchObject({ queued: 2, healthy: false });
    expect((await lost.stats()).outbox.pending).toBe(0);
    expect(await lost.repair()).toMatchObject({ queued: 2, healthy: true });
  });
});
