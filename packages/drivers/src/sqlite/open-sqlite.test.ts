import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isPalimpsestError, type PalimpsestErrorCode, type PutItem } from "@palimpsest/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startChild } from "./fixtures/child-process.ts";
import { temporaryStore } from "./fixtures/temporary-store.ts";
import { openSqlite, type SqliteOptions } from "./open-sqlite.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-open-"));
  path = join(folder, "memory.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What opening fails with. */
function refusalOf(options: SqliteOptions): Promise<unknown> {
  return openSqlite(options).then(
    (engine) => engine.close(),
    (error: unknown) => error,
  );
}

function refused(code: PalimpsestErrorCode, part: string): object {
  return { code, message: expect.stringContaining(part) };
}

function put(id: string, text = "some text"): PutItem {
  return { type: "put", document: { scope: "", id, text, metadata: {}, timestamp: 1 } };
}

async function writeStore(): Promise<void> {
  const engine = await openSqlite({ path });
  await engine.documents.write(Array.from({ length: 200 }, (_, i) => put(`id-${i}`)));
  await engine.close();
}

test("refuses a missing file when it must exist, and creates none", async () => {
  expect(await refusalOf({ path, mustExist: true })).toMatchObject(refused("E_NOT_FOUND", path));
  expect(await refusalOf({ path, readOnly: true })).toMatchObject(refused("E_NOT_FOUND", path));
  expect(() => readFileSync(path)).toThrow("ENOENT");
});

test("refuses a missing folder, a folder as file and a file as folder", async () => {
  expect(await refusalOf({ path: join(folder, "no", "memory.db") })).toMatchObject(
    refused("E_NOT_FOUND", "create the folder"),
  );
  expect(await refusalOf({ path: folder })).toMatchObject(
    refused("E_INVALID_INPUT", "is a folder"),
  );
  writeFileSync(path, "x");
  expect(await refusalOf({ path: join(path, "memory.db") })).toMatchObject(
    refused("E_INVALID_INPUT", path),
  );
});

test.each(["", ":memory:", "a\0b"])("refuses the path %j", async (name) => {
  expect(await refusalOf({ path: name })).toMatchObject(
    refused("E_INVALID_INPUT", "must name a file"),
  );
});

test("refuses what is not SQLite and leaves its bytes", async () => {
  writeFileSync(path, "these are my notes, not a database\n".repeat(200));
  const before = readFileSync(path);
  expect(await refusalOf({ path })).toMatchObject(
    refused("E_UNSUPPORTED", "not an SQLite database"),
  );
  expect(readFileSync(path)).toEqual(before);
});

test("an empty file becomes a store, unless it must be one", async () => {
  writeFileSync(path, "");
  expect(await refusalOf({ path, mustExist: true })).toMatchObject(
    refused("E_CORRUPT", "empty file"),
  );
  await (await openSqlite({ path })).close();
  await (await openSqlite({ path, mustExist: true })).close();
});

test("refuses the database of another application and leaves its bytes, log included", async () => {
  const other = new DatabaseSync(path);
  other.exec(
    "PRAGMA journal_mode = WAL; CREATE TABLE invoices (id INTEGER); INSERT INTO invoices VALUES (1)",
  );
  const copy = join(folder, "copy.db");
  cpSync(path, copy);
  cpSync(`${path}-wal`, `${copy}-wal`);
  other.close();
  const before = [readFileSync(copy), readFileSync(`${copy}-wal`)];
  expect(await refusalOf({ path: copy })).toMatchObject(
    refused("E_UNSUPPORTED", "another application"),
  );
  expect([readFileSync(copy), readFileSync(`${copy}-wal`)]).toEqual(before);
});

test("knows a v1 database and names the command that adopts it", async () => {
  const other = new DatabaseSync(path);
  other.exec("CREATE TABLE user_facts (id INTEGER)");
  other.close();
  expect(await refusalOf({ path })).toMatchObject(refused("E_UNSUPPORTED", "palimpsest import"));
});

test("refuses a store of a later format", async () => {
  await writeStore();
  const file = new DatabaseSync(path);
  file.exec("PRAGMA user_version = 99");
  file.close();
  expect(await refusalOf({ path })).toMatchObject(refused("E_UNSUPPORTED", "store format 99"));
});

test.each([50, 4096, 20_000])("refuses a store cut off after %i bytes", async (bytes) => {
  await writeStore();
  truncateSync(path, bytes);
  expect(await refusalOf({ path })).toMatchObject(refused("E_CORRUPT", "truncated"));
});

test("names damage inside the file when it meets it", async () => {
  await writeStore();
  const bytes = readFileSync(path);
  bytes.fill(0xff, 8192);
  writeFileSync(path, bytes);
  const error: unknown = await openSqlite({ path })
    .then((engine) => engine.documents.scan({ limit: 10 }).finally(() => engine.close()))
    .catch((reason: unknown) => reason);
  expect(isPalimpsestError(error, "E_CORRUPT")).toBe(true);
});

test("waits for a lock, then says who is in the way", async () => {
  await writeStore();
  const holder = new DatabaseSync(path);
  holder.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM settings");
  expect(await refusalOf({ path, lockTimeout: 50 })).toMatchObject(
    refused("E_LOCKED", "locked by another process"),
  );
  const waiting = openSqlite({ path, lockTimeout: 30_000 });
  setTimeout(() => holder.close(), 50);
  const engine = await waiting;
  expect(await engine.documents.count()).toBe(200);
  await engine.close();
});

test("a writer waits for another's transaction without blocking the event loop", async () => {
  await writeStore();
  const engine = await openSqlite({ path, lockTimeout: 30_000 });
  const holder = new DatabaseSync(path);
  holder.exec("BEGIN IMMEDIATE");
  // Only a loop that goes on meanwhile comes to the end of the transaction.
  let turns = 0;
  const timer = setInterval(() => ++turns === 10 && holder.exec("COMMIT"), 5);
  await engine.documents.write([put("late")]);
  clearInterval(timer);
  expect(turns).toBeGreaterThanOrEqual(10);
  holder.exec("BEGIN IMMEDIATE");
  const impatient = await openSqlite({ path, lockTimeout: 30 });
  await expect(impatient.documents.write([put("never")])).rejects.toMatchObject({
    code: "E_LOCKED",
  });
  holder.close();
  await impatient.close();
  await engine.close();
});

test("a read-only store answers and refuses every write", async () => {
  await writeStore();
  const engine = await openSqlite({ path, readOnly: true });
  expect(await engine.documents.count()).toBe(200);
  expect(await engine.lexical.query({ text: "some", k: 3 })).toHaveLength(3);
  await expect(engine.documents.write([put("x")])).rejects.toMatchObject({ code: "E_READ_ONLY" });
  await expect(engine.keyValues.increment("n")).rejects.toMatchObject({ code: "E_READ_ONLY" });
  await expect(engine.lexical.delete([{ scope: "", id: "id-1" }])).rejects.toMatchObject({
    code: "E_READ_ONLY",
  });
  await engine.close();
});

test("closing twice is harmless; every part then says that it is closed", async () => {
  const engine = await openSqlite({ path });
  const vectors = await engine.openVectors({ dimension: 2, modelId: "m" });
  await engine.close();
  await engine.close();
  const closed = { code: "E_CLOSED" };
  await expect(engine.documents.count()).rejects.toMatchObject(closed);
  await expect(engine.documents.write([put("x")])).rejects.toMatchObject(closed);
  await expect(engine.documents.outbox.stats()).rejects.toMatchObject(closed);
  await expect(engine.documents.settings.get("x")).rejects.toMatchObject(closed);
  await expect(engine.lexical.query({ text: "x", k: 1 })).rejects.toMatchObject(closed);
  await expect(engine.keyValues.getMany(["x"])).rejects.toMatchObject(closed);
  await expect(vectors.describe()).rejects.toMatchObject(closed);
  await expect(engine.lock("x")).rejects.toMatchObject(closed);
  await expect(engine.openVectors({ dimension: 2, modelId: "m" })).rejects.toMatchObject(closed);
});

test("warns when sqlite-vec cannot be loaded, and works", async () => {
  const warnings: string[] = [];
  const store = await temporaryStore({
    onWarning: (message) => warnings.push(message),
    extensionPath: async () => join(folder, "absent.so"),
  });
  expect(warnings).toEqual([expect.stringContaining("sqlite-vec cannot be loaded")]);
  const index = await store.engine.openVectors({ dimension: 2, modelId: "m" });
  const entry = { scope: "", id: "a", revision: { epoch: 0, counter: 1 }, metadata: {} };
  await index.upsert([{ ...entry, vector: Float32Array.of(1, 1) }]);
  expect(await index.query({ vector: Float32Array.of(1, 1), k: 1 })).toHaveLength(1);
  await store.dispose();
});

test("a vector without an opened index is refused, and nothing is written", async () => {
  const engine = await openSqlite({ path });
  const item = { ...put("a"), vector: Float32Array.of(1) };
  await expect(engine.documents.write([put("b"), item])).rejects.toMatchObject({
    code: "E_INVALID_INPUT",
  });
  expect(await engine.documents.count()).toBe(0);
  await engine.close();
});

/** Root may write anywhere, so this is tried by a process that gives its rights up. */
async function openAsUser(file: string, mode: "read" | "write"): Promise<readonly string[]> {
  const child = startChild("./open-as-user.ts", [file, "65534", mode]);
  await child.exited;
  return child.lines;
}

test("says that a file or folder is not writable, and still reads there", async () => {
  await writeStore();
  const sealed = join(folder, "sealed");
  const store = join(sealed, "memory.db");
  mkdirSync(sealed);
  cpSync(path, store);
  chmodSync(folder, 0o755);
  chmodSync(store, 0o444);
  expect(await openAsUser(store, "write")).toEqual(["E_READ_ONLY"]);
  chmodSync(sealed, 0o555);
  expect(await openAsUser(join(sealed, "new.db"), "write")).toEqual(["E_READ_ONLY"]);
  expect(await openAsUser(store, "write")).toEqual(["E_READ_ONLY"]);
  expect(await openAsUser(store, "read")).toEqual(["200 documents"]);
  chmodSync(store, 0o000);
  expect(await openAsUser(store, "read")).toEqual(["E_UNAVAILABLE"]);
  chmodSync(sealed, 0o755);
});
