import fc from "fast-check";
import { type JsonObject, sealDocument, verifyDigest } from "@palimpsest/core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type InProcessPostgres, startPglite } from "./fixtures/pglite.ts";
import { openPostgres } from "./open-postgres.ts";
import type { PostgresEngine } from "./postgres-engine.ts";

let postgres: InProcessPostgres;
let engine: PostgresEngine;
let schema = "";
let schemas = 0;

beforeAll(async () => {
  postgres = await startPglite();
});

afterAll(async () => {
  await postgres.close();
});

beforeEach(async () => {
  schema = `opened_${++schemas}`;
  engine = await open();
});

afterEach(async () => {
  await engine.close();
  await postgres.dropSchema(schema);
});

function open(options: { schema?: string; mustExist?: boolean } = {}): Promise<PostgresEngine> {
  return openPostgres({ client: postgres.client, schema, ...options });
}

function sql(text: string): Promise<{ rows: unknown[] }> {
  return postgres.client.query({ text: text.replaceAll("$S", schema) });
}

function put(id: string, text: string, metadata: JsonObject = {}) {
  return { type: "put" as const, document: { scope: "", id, text, metadata, timestamp: 1 } };
}

function vectorEntry(id: string, ...values: number[]) {
  const revision = { epoch: 0, counter: 1 };
  return { scope: "", id, revision, metadata: {}, vector: Float32Array.from(values) };
}

const one = Float32Array.of(1, 0);
const index = { dimension: 2, modelId: "m" };

test("metadata comes back as it went in, numbers and all, and its digest holds", async () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(-0, 1e21, 5e-324, Number.MAX_VALUE, -1e-7, 2 ** 53 + 2),
  );
  const key = fc
    .string({ unit: "grapheme", maxLength: 4 })
    .map((text) => text.replaceAll("\0", ""));
  const value = fc.oneof(number, fc.array(number, { maxLength: 3 }), key);
  const metadata = fc.dictionary(key, value, { maxKeys: 6, noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(metadata, async (given) => {
      await engine.documents.write([put("a", "", given as JsonObject)]);
      const [stored] = await engine.documents.get([{ scope: "", id: "a" }]);
      expect(stored?.metadata).toStrictEqual(
        sealDocument(put("a", "", given as JsonObject).document).metadata,
      );
      expect(() => stored && verifyDigest(stored)).not.toThrow();
    }),
    { numRuns: 100, seed: 31 },
  );
});

test("what is deleted leaves its row, its vector and its terms", async () => {
  const vectors = await engine.openVectors(index);
  await engine.documents.write([{ ...put("a", "secret words", { s: "secret" }), vector: one }]);
  await engine.documents.write([{ type: "delete", key: { scope: "", id: "a" } }]);
  const { rows } = await sql(
    `SELECT d.*, v.vector FROM "$S".documents d JOIN "$S".vectors_1 v USING (scope, id)`,
  );
  expect(rows).toMatchObject([{ text: "", metadata: {}, terms: null, length: null, vector: null }]);
  expect(await vectors.describe()).toMatchObject({ count: 0 });
  expect(await engine.documents.compact({ olderThan: Number.POSITIVE_INFINITY })).toBe(1);
  expect((await sql(`SELECT FROM "$S".vectors_1`)).rows).toEqual([]);
});

test("entries without a document go without trace, each with its own index", async () => {
  const vectors = await engine.openVectors(index);
  const key = { scope: "s", id: "a" };
  const entry = { ...key, revision: { epoch: 0, counter: 1 }, metadata: { secret: 1 } };
  await vectors.upsert([{ ...entry, vector: one }]);
  await engine.lexical.upsert([{ ...entry, text: "sea" }]);
  expect(await engine.documents.count({ allScopes: true })).toBe(0);
  await engine.lexical.delete([key]);
  expect(await vectors.query({ scope: "s", vector: one, k: 1 })).toHaveLength(1);
  await vectors.delete([key]);
  expect((await sql(`SELECT FROM "$S".documents`)).rows).toEqual([]);
});

test("a late index entry does not revive what its document has left behind", async () => {
  const vectors = await engine.openVectors(index);
  await engine.documents.write([put("a", "one"), put("b", "one")]);
  await engine.documents.write([put("a", "two"), { type: "delete", key: { scope: "", id: "b" } }]);
  const late = ["a", "b"].map((id) => vectorEntry(id, 1, 0));
  await vectors.upsert(late);
  await engine.lexical.upsert(
    late.map(({ scope, id, revision, metadata }) => ({
      scope,
      id,
      revision,
      metadata,
      text: "one",
    })),
  );
  expect(await vectors.query({ vector: one, k: 9 })).toEqual([]);
  expect(await engine.lexical.query({ text: "one", k: 9 })).toEqual([]);
});

test("a scope whose terms have the same prefix as another's keeps its own figures", async () => {
  await engine.documents.write([
    { ...put("a", "sea"), document: { ...put("a", "sea").document, scope: "one" } },
    { ...put("b", "sea"), document: { ...put("b", "sea").document, scope: "two" } },
  ]);
  await sql(
    `UPDATE "$S".documents SET terms = (SELECT terms FROM "$S".documents WHERE scope = 'one')`,
  );
  expect(await engine.lexical.query({ scope: "one", text: "sea", k: 9 })).toHaveLength(1);
  const { documents, frequencies } = await engine.lexical.documentFrequency(["sea"], {
    scope: "one",
  });
  expect([documents, frequencies.get("sea")]).toEqual([1, 1]);
});

test("very long terms are found, and unusable ones are in no document", async () => {
  const long = "x".repeat(5_000);
  await engine.documents.write([put("a", `sea ${long}`)]);
  expect(await engine.lexical.query({ text: long, k: 1 })).toMatchObject([{ id: "a" }]);
  const { frequencies } = await engine.lexical.documentFrequency([long, "a b", "\0", "\ud800"]);
  expect([...frequencies.values()]).toEqual([1, 0, 0, 0]);
});

test("vectors of extreme lengths keep their direction", async () => {
  const vectors = await engine.openVectors(index);
  await vectors.upsert([
    vectorEntry("huge", 3e38, 3e38),
    vectorEntry("tiny", 1e-44, 0),
    vectorEntry("zero", 0, 0),
  ]);
  const hits = await vectors.query({ vector: Float32Array.of(1e38, 0), k: 9 });
  expect(hits.map(({ id }) => id)).toEqual(["tiny", "huge", "zero"]);
  expect(hits.map(({ score }) => Math.round(score * 1e4))).toEqual([10_000, 7_071, 0]);
});

test("more dimensions than the index takes are compared one by one, with a warning", async () => {
  const warnings: string[] = [];
  const onWarning = (message: string): number => warnings.push(message);
  const other = await openPostgres({ client: postgres.client, schema, onWarning });
  const vectors = await other.openVectors({ dimension: 2_001, modelId: "long" });
  const vector = new Float32Array(2_001).fill(1);
  await other.documents.write([{ ...put("a", "sea"), vector }]);
  expect(await vectors.query({ vector, k: 1 })).toMatchObject([{ id: "a" }]);
  expect(warnings).toEqual([expect.stringContaining("2001 dimensions")]);
});

test("a call of more records than one statement takes is still all or nothing", async () => {
  const items = Array.from({ length: 2_500 }, (_, i) => put(`d${i}`, ""));
  await engine.documents.write([{ ...put("d2400", "") }], { epoch: 1 });
  await expect(engine.documents.write(items, { epoch: 0 })).rejects.toMatchObject({
    code: "E_FENCED",
  });
  expect(await engine.documents.count()).toBe(1);
  expect(await engine.documents.write(items, { epoch: 1 })).toHaveLength(2_500);
  expect(await engine.documents.count()).toBe(2_500);
});

test("a lock has one holder and is free again after it", async () => {
  const first = await engine.lock("import");
  expect(await engine.lock("import")).toBeUndefined();
  expect(await engine.lock("other")).toBeDefined();
  await first?.[Symbol.asyncDispose]();
  await first?.[Symbol.asyncDispose]();
  expect(await engine.lock("import")).toBeDefined();
});

test("a store of a newer format, another application's schema and an absent store are refused", async () => {
  await expect(open({ schema: `${schema}_no`, mustExist: true })).rejects.toMatchObject({
    code: "E_NOT_FOUND",
  });
  await sql(`UPDATE "$S".store SET format = 99`);
  await expect(open()).rejects.toMatchObject({ code: "E_UNSUPPORTED" });
  await sql(`CREATE SCHEMA "$S_foreign"`);
  await sql(`CREATE TABLE "$S_foreign".documents (n int)`);
  await expect(open({ schema: `${schema}_foreign` })).rejects.toMatchObject({
    code: "E_UNSUPPORTED",
  });
  expect((await sql(`SELECT FROM pg_tables WHERE schemaname = '$S_foreign'`)).rows).toHaveLength(1);
  await postgres.dropSchema(`${schema}_foreign`);
});

test("a schema that is dropped under an open store is named as gone", async () => {
  await postgres.dropSchema(schema);
  await expect(engine.documents.count()).rejects.toMatchObject({ code: "E_NOT_FOUND" });
});

test.each([
  [{ schema: "a-b", client: {} }, "E_INVALID_INPUT"],
  [{ schema: 'x"; DROP SCHEMA public; --', client: {} }, "E_INVALID_INPUT"],
  [{ schema: "pg_own", client: {} }, "E_INVALID_INPUT"],
  [{}, "E_CONFIG"],
  [{ connectionString: "postgres://h/db", client: {} }, "E_CONFIG"],
  [{ connectionString: "mysql://h/db" }, "E_INVALID_INPUT"],
  [{ connectionString: "postgres://u:secr@et/x@h:port/db" }, "E_INVALID_INPUT"],
  [{ connectionString: "postgres://h/db", max: 0 }, "E_INVALID_INPUT"],
])("refuses %j before it connects", async (options, code) => {
  await expect(openPostgres(options as never)).rejects.toMatchObject({
    code,
    message: expect.not.stringContaining("secr") as string,
  });
});
