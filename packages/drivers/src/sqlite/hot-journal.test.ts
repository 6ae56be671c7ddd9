import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { restoredByJournal } from "./hot-journal.ts";
import { openSqlite } from "./open-sqlite.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-journal-"));
  path = join(folder, "memory.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = (): Buffer[] => [path, `${path}-journal`].map((file) => readFileSync(file));

/** The files as a process leaves them that dies in a transaction, after so much was committed. */
function leaveHalfWritten(committed: string): void {
  const original = join(folder, "original.db");
  const database = new DatabaseSync(original);
  // With so small a cache pages reach the file before the commit.
  database.exec(`${committed}; PRAGMA cache_size = 1; BEGIN; CREATE TABLE big (x)`);
  const insert = database.prepare("INSERT INTO big VALUES (randomblob(3000))");
  for (let row = 0; row < 100; row++) insert.run();
  for (const suffix of ["", "-journal"]) cpSync(`${original}${suffix}`, `${path}${suffix}`);
  database.close();
}

/** The files of a process that dies when it has set its new file to write-ahead logging. */
function leaveHalfCreated(): void {
  leaveHalfWritten("");
  rmSync(path);
  const created = new DatabaseSync(join(folder, "created.db"));
  created.exec("PRAGMA journal_mode = WAL");
  created.close();
  cpSync(join(folder, "created.db"), path);
}

test("a store whose creation was killed is created by the next opening", async () => {
  leaveHalfCreated();
  expect(restoredByJournal(path)).toBe("nothing");
  await using engine = await openSqlite({ path });
  expect(await engine.documents.count()).toBe(0);
  expect(restoredByJournal(path)).toBe("no journal");
  await engine.keyValues.increment("n");
});

test("so is one that a symbolic link names: its journal lies beside the file itself", async () => {
  leaveHalfCreated();
  const link = join(folder, "link.db");
  symlinkSync(path, link);
  expect(restoredByJournal(link)).toBe("nothing");
  await using engine = await openSqlite({ path: link });
  expect(await engine.documents.count()).toBe(0);
});

test("one that may only be read says what keeps it from opening, and keeps its bytes", async () => {
  leaveHalfCreated();
  const before = files();
  await expect(openSqlite({ path, readOnly: true })).rejects.toMatchObject({
    code: "E_READ_ONLY",
    message: expect.stringMatching(/middle of a change.*may write/),
  });
  expect(files()).toEqual(before);
});

test("another application's database in the middle of a change is refused and keeps its bytes", async () => {
  leaveHalfWritten("CREATE TABLE invoices (id INTEGER); INSERT INTO invoices VALUES (1)");
  expect(restoredByJournal(path)).toBe("something");
  const before = files();
  await expect(openSqlite({ path })).rejects.toMatchObject({
    code: "E_READ_ONLY",
    message: expect.stringMatching(/middle of a change/),
  });
  expect(files()).toEqual(before);
});
