import type { ReadRecords, SourceRecord } from "@palimpsest/migration";
import { type Db, ObjectId } from "mongodb";
import { expect, test } from "vitest";
import type { LegacyChromaCollection } from "./chroma-collection.ts";
import { FamilySource } from "./family-source.ts";
import type { LegacyRow } from "./legacy-row.ts";

const keys = { textKey: "text", timeKey: "timestamp" };

function oid(n: number): ObjectId {
  return new ObjectId(String(n).padStart(24, "0"));
}

function row(n: number, id: string): LegacyRow {
  return { _id: oid(n), id, text: `row ${n}`, timestamp: n, metadata: {} };
}

/** A database whose whole family is read as `first`; asked for ids it answers from `later`. */
function databaseOf(first: readonly LegacyRow[], later: readonly LegacyRow[] = first): Db {
  const collection = {
    estimatedDocumentCount: async () => first.length,
    find: (query?: { id: { $in: string[] } }) => {
      const found = query ? later.filter(({ id }) => query.id.$in.includes(String(id))) : first;
      return Object.assign(iterate(found), { sort: () => iterate(found) });
    },
  };
  return { collection: () => collection } as unknown as Db;
}

async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function vectorsOf(
  ids: readonly string[],
  countAfter: number = ids.length,
): LegacyChromaCollection {
  return {
    add: async () => undefined,
    get: async ({ limit = 0, offset = 0 }) => {
      const page = ids.slice(offset, offset + limit);
      return {
        ids: page,
        documents: page.map((id) => `text of ${id}`),
        metadatas: page.map(() => ({ timestamp: '"2024-01-01T00:00:00.000Z"' })),
      };
    },
    query: async () => ({ ids: [[]] }),
    count: async () => countAfter,
  };
}

async function read(
  database: Db,
  collection: LegacyChromaCollection | undefined,
): Promise<SourceRecord[]> {
  const source = await FamilySource.open({ database, family: "f", keys, collection, label: "C" });
  const records: SourceRecord[] = [];
  const seen: ReadRecords = {
    has: (id) => records.some((each) => "document" in each && each.document.id === id),
  };
  for await (const record of source.records(seen)) records.push(record);
  return records;
}

test("only a vector without a row is a record of its own, with the time that it kept", async () => {
  const records = await read(databaseOf([row(1, "a")]), vectorsOf(["a", "lost"]));
  expect(records.map(({ table, row: name }) => [table, name])).toEqual([
    ["documents", oid(1).toHexString()],
    ["vectors", "lost"],
  ]);
  expect(records[1]).toMatchObject({
    document: { text: "text of lost", timestamp: Date.UTC(2024, 0, 1) },
  });
});

test("a row that came after its vector was read is no orphan", async () => {
  const records = await read(databaseOf([], [row(2, "late")]), vectorsOf(["late"]));
  expect(records.map(({ table }) => table)).toEqual(["documents"]);
});

test("reads every page of vectors", async () => {
  const ids = Array.from({ length: 2_500 }, (_, i) => `v${i}`);
  expect(await read(databaseOf([]), vectorsOf(ids))).toHaveLength(2_500);
});

test("vectors that are deleted while they are read end the reading", async () => {
  await expect(read(databaseOf([]), vectorsOf(["a", "b"], 1))).rejects.toMatchObject({
    code: "E_LOCKED",
  });
});

test("a server that fails midway is named, not taken for an end", async () => {
  const failing = {
    ...vectorsOf([]),
    get: async () => {
      throw Object.assign(new Error("no route"), { name: "ChromaConnectionError" });
    },
  };
  await expect(read(databaseOf([]), failing)).rejects.toMatchObject({
    code: "E_UNAVAILABLE",
    message: expect.stringContaining("C cannot be reached"),
  });
});

test("a family without vectors has its rows", async () => {
  expect(await read(databaseOf([row(1, "a")]), undefined)).toHaveLength(1);
});
