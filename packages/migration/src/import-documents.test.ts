import type { JsonObject } from "@palimpsest/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { targetOf } from "./fixtures/import-target.ts";
import { type DocumentSource, importDocuments, type SourceRecord } from "./import-documents.ts";

const v1: JsonObject = { system: "example" };

function record(id: string, text: string, rank?: number): SourceRecord {
  const document = { id, text, metadata: { v1 }, timestamp: 1 };
  if (rank === undefined) return { table: "rows", row: text, document };
  return {
    table: "rows",
    row: text,
    document,
    revision: { rank: [rank], olderId: `${id}~${text}` },
  };
}

function sourceOf(records: readonly SourceRecord[], identity: JsonObject = {}): DocumentSource {
  return {
    identity,
    mark: { op: "eq", path: ["v1", "system"], value: "example" },
    total: records.length,
    async *records() {
      yield* records;
    },
    older: (document) => ({ ...document, metadata: { v1: { ...v1, newerOf: document.id } } }),
  };
}

async function textsOf(target: ReturnType<typeof targetOf>): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for await (const { id, text } of target.store.scan()) texts[id] = text;
  return texts;
}

test("imports once: the second run finds everything unchanged", async () => {
  const target = targetOf();
  const source = sourceOf([record("a", "one"), record("b", "two")]);
  const first = await importDocuments({ source, target });
  expect(first).toEqual({
    read: 2,
    imported: 2,
    updated: 0,
    unchanged: 0,
    quarantined: 0,
    verified: 2,
    mismatches: 0,
    extra: 0,
    notes: {},
    quarantine: [],
    tables: { rows: 2 },
  });
  const second = await importDocuments({ source, target });
  expect(second).toEqual({ ...first, imported: 0, unchanged: 2 });
  expect(await textsOf(target)).toEqual({ a: "one", b: "two" });
});

test("of records with one id the highest has it and every other keeps an id of its own", async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 2 }), async (ranks) => {
      const target = targetOf();
      const records = ranks.map((rank) => record("a", `t${rank}`, rank));
      const report = await importDocuments({ source: sourceOf(records), target });
      const newest = Math.max(...ranks);
      const older = ranks.filter((rank) => rank !== newest);
      expect(await textsOf(target)).toEqual({
        a: `t${newest}`,
        ...Object.fromEntries(older.map((rank) => [`a~t${rank}`, `t${rank}`])),
      });
      expect(report).toMatchObject({
        imported: ranks.length,
        verified: ranks.length,
        notes: { "older-revision": older.length },
      });
    }),
    { numRuns: 40 },
  );
});

test("an older one says whose it is", async () => {
  const target = targetOf();
  await importDocuments({ source: sourceOf([record("a", "x", 2), record("a", "y", 1)]), target });
  const older = await target.store.get({ id: "a~y" });
  expect(older?.metadata).toEqual({ v1: { system: "example", newerOf: "a" } });
});

test("an id that comes twice without a rank is reported, not dropped in silence", async () => {
  const report = await importDocuments({
    source: sourceOf([record("a", "one"), record("a", "two")]),
    target: targetOf(),
  });
  expect(report).toMatchObject({ read: 2, imported: 1, quarantined: 1 });
  expect(report.quarantine).toEqual([
    { table: "rows", row: "two", reason: "another record has the same id" },
  ]);
});

test("a document that no store can hold is reported without its id", async () => {
  const report = await importDocuments({
    source: sourceOf([record("secret-id", "\u0000"), record("b", "two")]),
    target: targetOf(),
  });
  expect(report).toMatchObject({ read: 2, imported: 1, quarantined: 1, verified: 1 });
  expect(report.quarantine[0]?.reason).toBe("text holds U+0000, which no store can hold");
});

test("what a source refuses is counted, and known to the source as read", async () => {
  const seen: boolean[] = [];
  const source: DocumentSource = {
    ...sourceOf([]),
    async *records(read) {
      yield record("a", "\u0000");
      seen.push(read.has("a"), read.has("b"));
      yield { table: "rows", row: 2, refused: "no" };
    },
  };
  const report = await importDocuments({ source, target: targetOf() });
  expect(seen).toEqual([true, false]);
  expect(report).toMatchObject({ read: 2, quarantined: 2 });
});

test("a document of the target that comes from elsewhere is left alone", async () => {
  const target = targetOf();
  await target.store.upsert({ id: "a", text: "mine" });
  const source = sourceOf([record("a", "theirs"), record("b", "two")]);
  const report = await importDocuments({ source, target });
  expect(report).toMatchObject({
    read: 2,
    imported: 1,
    quarantined: 1,
    verified: 1,
    mismatches: 0,
  });
  expect(report.quarantine[0]?.reason).toContain("from elsewhere");
  expect(await textsOf(target)).toEqual({ a: "mine", b: "two" });
  expect(await importDocuments({ source, target })).toMatchObject({ imported: 0, quarantined: 1 });
});

test("a document of an earlier run that the source no longer has is counted as extra", async () => {
  const target = targetOf();
  await importDocuments({ source: sourceOf([record("a", "one"), record("b", "two")]), target });
  const report = await importDocuments({ source: sourceOf([record("a", "new")]), target });
  expect(report).toMatchObject({ updated: 1, extra: 1, verified: 1 });
});

test.each(Array.from({ length: 14 }, (_, i) => i))(
  "stopped at progress %i it ends with the report of an undisturbed run",
  async (stopAt) => {
    const records = Array.from({ length: 700 }, (_, i) => record(`a${i % 600}`, `t${i}`, i));
    const calm = await importDocuments({ source: sourceOf(records), target: targetOf() });
    const target = targetOf();
    const abort = new AbortController();
    let seen = 0;
    const stopped = importDocuments({
      source: sourceOf(records),
      target,
      signal: abort.signal,
      onProgress: () => void (seen++ === stopAt && abort.abort()),
    });
    await expect(stopped).rejects.toMatchObject({ code: "E_ABORTED" });
    const back = records.toReversed();
    expect(await importDocuments({ source: sourceOf(back), target })).toEqual(calm);
  },
);
