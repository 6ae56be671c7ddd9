import "reflect-metadata";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runInside } from "./fixtures/fake-host.ts";
import { type Outcome, runCli } from "./fixtures/run-cli.ts";
import { TestFolder, writeV1 } from "./fixtures/test-files.ts";

const folder = new TestFolder();
const cwd = folder.path;
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
afterAll(() => folder[Symbol.dispose]());

beforeAll(async () => {
  mkdirSync(folder.at("folder"));
  writeFileSync(folder.at("empty"), "");
  spawnSync("mkfifo", [folder.at("pipe")]);
  writeFileSync(folder.at("text"), "just some text\n".repeat(50));
  writeV1(folder.at("v1.sqlite"), 300);
  writeFileSync(folder.at("truncated.sqlite"), readFileSync(folder.at("v1.sqlite")));
  truncateSync(folder.at("truncated.sqlite"), 8192 + 100);
  const other = new DatabaseSync(folder.at("other.sqlite"));
  other.exec("CREATE TABLE invoices (id INTEGER PRIMARY KEY, total REAL)");
  other.close();
  writeFileSync(folder.at("bad.jsonl"), '{"id":"a","text":"fine"}\n\n{"id":"b","text":\n');
  const put = ["put", "--id", "a", "--text", "green tea", "--store", "sqlite:./store.db"];
  await runCli(put, { cwd });
  writeFileSync(folder.at("cut.db"), readFileSync(folder.at("store.db")));
  truncateSync(folder.at("cut.db"), 20_000);
});

/** The exit code, and that stderr is one line that says what is expected, with nothing on stdout. */
function expectRefusal(outcome: Outcome, code: number, line: RegExp): void {
  expect(outcome).toEqual({ code, stdout: "", stderr: expect.stringMatching(line) });
  expect(outcome.stderr).toMatch(/^palimpsest: [^\n]+\n$/);
}

type Case = [what: string, args: string[], line: RegExp];

const into = ["--to", "sqlite:./new.db"];

describe("bad input is one line, exit code 2 and untouched files", () => {
  it.concurrent.each<Case>([
    ["missing source", ["import", "none.db", ...into], /none\.db does not exist; check the path/],
    ["folder as source", ["import", "folder", ...into], /folder is a folder; give the file/],
    ["a pipe as source", ["import", "pipe", ...into], /pipe is not a regular file; save/],
    ["empty source", ["import", "empty", ...into], /empty is empty; give/],
    ["source of neither format", ["import", "text", ...into], /text is neither an SQLite/],
    ["truncated source", ["import", "truncated.sqlite", ...into], /truncated\.sqlite/],
    ["foreign schema", ["import", "other.sqlite", ...into], /other\.sqlite/],
    ["invalid JSON", ["import", "bad.jsonl", ...into], /bad\.jsonl, line 3: not valid JSON/],
    ["typo in --to", ["import", "v1.sqlite", "--to", "sqllite:x"], /did you mean "sqlite"/],
    ["unknown flag", ["import", "v1.sqlite", "--too", "sqlite:x"], /'--too' \(Did you mean --to/],
    ["missing store", ["search", "x", "--store", "sqlite:./none.db"], /none\.db does not exist/],
  ])("%s", async (_, args, line) => {
    const before = folder.snapshot();
    expectRefusal(await runCli(args, { cwd }), 2, line);
    expect(folder.snapshot()).toEqual(before);
  });

  it.each<Case>([
    ["unknown zone", ["import", "v1.sqlite", ...into, "--timezone", "Mars"], /"Mars" is unknown/],
    ["later engine", ["import", "v1.sqlite", "--to", "qdrant://u:pw@h/d"], /no qdrant driver/],
    ["import into a folder", ["import", "v1.sqlite", "--to", "sqlite:./folder"], /is a folder/],
    ["import into no store", ["import", "v1.sqlite", "--to", "sqlite:./text"], /text is not/],
    ["import into v1", ["import", "v1.sqlite", "--to", "sqlite:./v1.sqlite"], /v1\.sqlite/],
    ["missing default store", ["stats"], /\.palimpsest\/memory\.db does not exist/],
    ["folder as store", ["search", "x", "--store", "sqlite:./folder"], /folder is a folder/],
    ["empty store", ["doctor", "--store", "sqlite:./empty"], /empty is an empty file/],
    ["no store", ["get", "x", "--store", "sqlite:./text"], /text is not an SQLite database/],
    ["truncated store", ["doctor", "--store", "sqlite:./cut.db"], /cut\.db is truncated/],
    ["foreign database", ["delete", "x", "--store", "sqlite:./other.sqlite"], /other\.sqlite/],
    ["store without driver", ["stats", "--store", "./store.db"], /write "sqlite:\.\/store\.db"/],
  ])("%s", async (_, args, line) => {
    const before = folder.snapshot();
    expectRefusal(await runInside(args, { cwd }), 2, line);
    expect(folder.snapshot()).toEqual(before);
  });
});

describe("one at a time", () => {
  it("sets aside a v1 row that breaks its own table's promise, and says so", async () => {
    using database = new DatabaseSync(folder.at("null.sqlite"));
    database.exec(`CREATE TABLE facts (id INTEGER PRIMARY KEY, user_id TEXT, category TEXT,
      key TEXT, value TEXT, created_at TEXT, updated_at TEXT);
      INSERT INTO facts VALUES (1, 'ana', 'food', 'tea', 'green', NULL, '2025-03-01T10:00:00'),
      (2, NULL, 'food', 'tea', 'black', NULL, '2025-03-01T10:00:00')`);
    const args = ["import", "null.sqlite", "--to", "sqlite:./null.db", "--json"];
    const { code, stdout, stderr } = await runCli(args, { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ read: 2, imported: 1, quarantined: 1, verified: 1 });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^palimpsest: 1 quarantined of .*null\.sqlite[^\n]*\n$/),
    });
  });

  it("an export onto the store itself", async () => {
    const before = folder.snapshot();
    for (const out of ["store.db", "./store.db-wal"]) {
      const args = ["export", "--store", "sqlite:./store.db", "--out", out];
      expect((await runCli(args, { cwd })).stderr).toMatch(/store\.db[^\n]* is the store itself;/);
    }
    expect(folder.snapshot()).toEqual(before);
  });

  it("a store that this user may only read can be read, not written", async () => {
    mkdirSync(folder.at("shared"));
    writeFileSync(folder.at("shared/m.db"), readFileSync(folder.at("store.db")));
    chmodSync(folder.at("shared"), 0o777);
    chmodSync(folder.at("shared/m.db"), 0o444);
    const before = folder.snapshot()[folder.at("shared/m.db")];
    const options = { cwd, ...(isRoot && { uid: nobody }) };
    const store = ["--store", "sqlite:./shared/m.db"];
    expect(await runCli(["search", "tea", ...store], options)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/ a\n +green tea\n$/),
      stderr: "",
    });
    expectRefusal(
      await runCli(["put", "--text", "x", ...store], options),
      2,
      /m\.db is not writable by this user;/,
    );
    expect(folder.snapshot()[folder.at("shared/m.db")]).toBe(before);
  });

  it("read-only target folder", async () => {
    const before = folder.snapshot();
    chmodSync(folder.path, 0o555);
    const args = ["import", "v1.sqlite", "--to", "sqlite:./new.db"];
    const outcome = await runCli(args, { cwd, ...(isRoot && { uid: nobody }) });
    expectRefusal(outcome, 2, /new\.db cannot be created: its folder is not writable/);
    chmodSync(folder.path, 0o755);
    expect(folder.snapshot()).toEqual(before);
  });
});

describe("locked database", () => {
  it("refuses to write while another process holds the store", async () => {
    writeFileSync(folder.at("locked.db"), readFileSync(folder.at("store.db")));
    const store = { driver: "sqlite", path: "locked.db", lockTimeout: 100 };
    writeFileSync(folder.at("config.json"), JSON.stringify({ store }));
    const documents = (): unknown => {
      using database = new DatabaseSync(folder.at("locked.db"), { readOnly: true });
      return database.prepare("SELECT * FROM documents").all();
    };
    const before = documents();
    using holder = new DatabaseSync(folder.at("locked.db"));
    // Nothing may read the file's bytes here: closing any handle on it drops this process's locks.
    holder.exec("BEGIN IMMEDIATE");
    const args = ["put", "--text", "x", "--config", "config.json"];
    expectRefusal(await runCli(args, { cwd }), 3, /locked\.db is locked by another process/);
    holder.exec("ROLLBACK");
    expect(documents()).toEqual(before);
  });

  it("refuses a second import into one store", async () => {
    using holder = new DatabaseSync(folder.at("busy.db-import.lock"));
    holder.exec("BEGIN EXCLUSIVE");
    for (const source of ["v1.sqlite", "good.jsonl"]) {
      writeFileSync(folder.at("good.jsonl"), '{"id":"a","text":"fine"}\n');
      const outcome = await runCli(["import", source, "--to", "sqlite:./busy.db"], { cwd });
      expect(outcome.code).toBe(3);
      expectRefusal(outcome, 3, /another import is writing to the target/);
    }
  });
});
