import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { importLuminora, type ImportReport } from "@palimpsest/migration";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Child } from "./fixtures/child-process.ts";
import { openTarget } from "./fixtures/sqlite-target.ts";
import { writeV1Facts } from "./fixtures/v1-facts.ts";

const fixtures = new URL("../../../packages/migration/fixtures/", import.meta.url);
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "import-sqlite-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test.each([
  ["sdk-v1.1.sqlite", { read: 1387, lossyInV1: 537, redacted: 10 }],
  ["core-v1.1.sqlite", { read: 760, lossyInV1: 263, redacted: 0 }],
])("%s is adopted whole, once", async (name, counts) => {
  const source = new URL(name, fixtures).pathname;
  const before = readFileSync(source);
  await using target = await openTarget(join(folder, "memory.db"));
  const first = await importLuminora({ source, target });
  const { read } = counts;
  expect(first).toMatchObject({ ...counts, imported: read, verified: read, mismatches: 0 });
  expect(await target.store.checkConsistency()).toMatchObject({ healthy: true, documents: read });
  const second = await importLuminora({ source, target });
  expect(second).toEqual({ ...first, imported: 0, unchanged: read });
  expect(await target.store.count()).toBe(read);
  expect(readFileSync(source)).toEqual(before);
});

test("what was adopted is found by words, but neither sessions nor users nor affinity", async () => {
  await using target = await openTarget(join(folder, "memory.db"));
  await importLuminora({ source: new URL("sdk-v1.1.sqlite", fixtures).pathname, target });
  const sports = await target.store.search("favourite sport", { k: 5, mode: "lexical" });
  expect(sports.map(({ text }) => text)).toEqual(Array(5).fill(expect.stringContaining("sport")));
  const hidden = await target.store.search("session_metadata openai gpt-4", { k: 1000 });
  const kinds = new Set(hidden.map(({ metadata }) => metadata["kind"]));
  expect(
    [...kinds].filter((kind) => ["session", "user", "affinity"].includes(String(kind))),
  ).toEqual([]);
});

test("no byte of a secret reaches the target's files", async () => {
  const path = join(folder, "memory.db");
  {
    await using target = await openTarget(path);
    await importLuminora({ source: new URL("sdk-v1.1.sqlite", fixtures).pathname, target });
    expect(bytesIn(folder)).not.toContain("FIXTURE");
  }
  expect(bytesIn(folder)).toContain("***redacted***");
  expect(bytesIn(folder)).not.toContain("FIXTURE");
});

function bytesIn(path: string): string {
  return readdirSync(path)
    .map((name) => readFileSync(join(path, name), "latin1"))
    .join("\n");
}

test("a live source keeps its bytes, the -wal included", async () => {
  const source = join(folder, "v1.sqlite");
  writeV1Facts(source, 100);
  const live = new DatabaseSync(source);
  live.exec("PRAGMA journal_mode = WAL; UPDATE facts SET value = 'in the wal' WHERE id = 5");
  const before = [source, `${source}-wal`].map((path) => readFileSync(path));
  await using target = await openTarget(join(folder, "memory.db"));
  expect(await importLuminora({ source, target })).toMatchObject({ imported: 100, verified: 100 });
  expect([source, `${source}-wal`].map((path) => readFileSync(path))).toEqual(before);
  live.close();
  const stored = await target.store.get({ id: "fact/user_4/preferences/key_4" });
  expect(stored?.metadata["value"]).toBe("in the wal");
});

test("two imports at once into one file: one works, the other is told to wait", async () => {
  const source = join(folder, "v1.sqlite");
  const path = join(folder, "memory.db");
  writeV1Facts(source, 2000);
  const cache = join(folder, "compiled");
  const children = [0, 1].map(() => new Child("import-child.ts", [source, path], cache));
  await Promise.all(children.map((child) => child.said("ready")));
  for (const child of children) child.go();
  const ended = await Promise.all(children.map((child) => child.ended));
  const reports = ended
    .filter(({ code }) => code === 0)
    .map(({ out }) => JSON.parse(out.slice(out.indexOf("{"))) as ImportReport);
  const refusals = ended.filter(({ code }) => code !== 0).map(({ errors }) => errors);
  expect(reports.length).toBeGreaterThanOrEqual(1);
  expect(refusals).toEqual(
    Array(2 - reports.length).fill(expect.stringMatching(/^another import is writing.*\n$/)),
  );
  expect(reports.reduce((sum, { imported }) => sum + imported, 0)).toBe(2000);
  await using target = await openTarget(path);
  expect(await target.store.checkConsistency()).toMatchObject({ healthy: true, documents: 2000 });
});

test("a bad source leaves the target as it was", async () => {
  const path = join(folder, "memory.db");
  const source = join(folder, "notes.txt");
  writeFileSync(source, "not a database");
  await using target = await openTarget(path);
  await target.store.upsert({ id: "mine", text: "mine" });
  await expect(importLuminora({ source, target })).rejects.toMatchObject({
    code: "E_INVALID_INPUT",
  });
  expect(await target.store.count()).toBe(1);
});
