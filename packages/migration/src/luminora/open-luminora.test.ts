import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sdkColumns, V1Database } from "../fixtures/v1-database.ts";
import { type LuminoraSource, openLuminora } from "./open-luminora.ts";

const fixtures = new URL("../../fixtures/", import.meta.url);
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-luminora-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function ownTempFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.includes(`-${process.pid}-`));
}

function rowsOf(source: LuminoraSource): Record<string, unknown>[] {
  return [...source.rows()].map(({ cells }) => Object.fromEntries(cells));
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function sdk(): Buffer {
  return readFileSync(new URL("sdk-v1.1.sqlite", fixtures));
}

describe("reads", () => {
  test.each([
    ["sdk-v1.1.sqlite", "sdk", 1387],
    ["core-v1.1.sqlite", "core", 760],
  ])("every row of %s", async (name, schema, rows) => {
    using source = await openLuminora(new URL(name, fixtures).pathname);
    expect(source.schema).toBe(schema);
    expect([...source.rows()]).toHaveLength(rows);
    expect(source.unknownTables).toEqual({});
  });

  test("tables by their columns, whatever their names, and counts the others", async () => {
    using v1 = new V1Database();
    v1.table("memories", sdkColumns.facts, [
      { user_id: "ana", category: "c", key: "k", value: "v" },
    ])
      .table("odd 'name\"", sdkColumns.moods, [{ user_id: "ana", mood_type: "calm" }])
      .table("orders", "id INTEGER PRIMARY KEY, total REAL", [{ total: 1 }, { total: 2 }]);
    using source = await openLuminora(v1.path);
    expect(source.tables.map(({ name, shape }) => [name, shape.kind])).toEqual([
      ["memories", "fact"],
      ["odd 'name\"", "mood"],
    ]);
    expect(source.unknownTables).toEqual({ orders: 2 });
  });

  test("both layouts in one file", async () => {
    using v1 = new V1Database();
    v1.facts([{}]);
    const core = new DatabaseSync(new URL("core-v1.1.sqlite", fixtures).pathname, {
      readOnly: true,
    });
    const { sql } =
      core.prepare("SELECT sql FROM sqlite_schema WHERE name = 'user_facts'").get() ?? {};
    core.close();
    v1.database.exec(String(sql));
    using source = await openLuminora(v1.path);
    expect(source.schema).toBe("mixed");
  });

  test("cells as SQLite holds them: types, U+0000 and exact integers", async () => {
    using v1 = new V1Database();
    const columns = "user_id, category, key, value";
    v1.table("facts", columns, [
      { user_id: "a", category: "b", key: "c", value: 9007199254740993n },
      { user_id: "a", category: "b", key: 7n, value: new Uint8Array([255, 0]) },
      { user_id: "a", category: "b", key: "x\0y", value: 1.5 },
      { user_id: "a", category: "b", key: "", value: null },
    ]);
    v1.database.exec("INSERT INTO facts VALUES ('a', 'b', 'd', CAST(x'ff41' AS TEXT))");
    using source = await openLuminora(v1.path);
    expect(rowsOf(source)).toEqual([
      { user_id: "a", category: "b", key: "c", value: 9007199254740993n },
      { user_id: "a", category: "b", key: 7n, value: new Uint8Array([255, 0]) },
      { user_id: "a", category: "b", key: "x\0y", value: 1.5 },
      { user_id: "a", category: "b", key: "", value: null },
      { user_id: "a", category: "b", key: "d" },
    ]);
    expect([...source.rows()].at(-1)?.undecodable).toEqual(["value"]);
  });

  test("a UTF-16 database", async () => {
    using v1 = new V1Database();
    v1.database.exec("PRAGMA encoding = 'UTF-16le'");
    v1.facts([{ value: "São 🇧🇷" }]);
    using source = await openLuminora(v1.path);
    expect(rowsOf(source)[0]?.["value"]).toBe("São 🇧🇷");
  });

  test("what is still in the -wal of a live writer, and changes no byte beside it", async () => {
    using v1 = new V1Database();
    v1.database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
    v1.facts([{ key: "one" }, { key: "two" }]);
    const bytes = (): Buffer[] => [v1.path, `${v1.path}-wal`].map((path) => readFileSync(path));
    const before = bytes();
    {
      using source = await openLuminora(v1.path);
      expect(rowsOf(source)).toHaveLength(2);
    }
    expect(bytes()).toEqual(before);
    expect(before[1]?.length).toBeGreaterThan(0);
  });

  test("a locked source", async () => {
    using v1 = new V1Database();
    v1.facts([{}]);
    v1.database.exec("BEGIN EXCLUSIVE");
    using source = await openLuminora(v1.path);
    expect(rowsOf(source)).toHaveLength(1);
  });

  test("the state before a transaction whose hot journal a dead writer left", async () => {
    using v1 = new V1Database();
    v1.facts([{ value: "x".repeat(2000) }]);
    v1.database.close();
    // A tiny cache makes SQLite write pages, and so the journal, before the commit that never comes.
    const died = spawnSync(process.execPath, [
      "--eval",
      `const { DatabaseSync } = require("node:sqlite");
       const database = new DatabaseSync(${JSON.stringify(v1.path)});
       database.exec("PRAGMA cache_size = 1; BEGIN; UPDATE facts SET value = 'lost'");
       for (let i = 0; i < 300; i++) database.exec("INSERT INTO facts (user_id, category, key, value) VALUES ('u', 'c', " + i + ", '" + "y".repeat(3000) + "')");
       process.kill(process.pid, "SIGKILL");`,
    ]);
    expect(died.signal).toBe("SIGKILL");
    const journal = readFileSync(`${v1.path}-journal`);
    const main = readFileSync(v1.path);
    using source = await openLuminora(v1.path);
    expect(rowsOf(source).map((row) => row["value"])).toEqual(["x".repeat(2000)]);
    expect(readFileSync(`${v1.path}-journal`)).toEqual(journal);
    expect(readFileSync(v1.path)).toEqual(main);
  });

  test("a source without write permission", async () => {
    using v1 = new V1Database();
    v1.facts([{}]);
    v1.database.close();
    chmodSync(v1.path, 0o400);
    using source = await openLuminora(v1.path);
    expect(rowsOf(source)).toHaveLength(1);
  });
});

describe("refuses, in one line that names the file", () => {
  const cases: Record<string, [string, () => string]> = {
    "a missing file": ["E_NOT_FOUND", () => join(folder, "absent.sqlite")],
    "a folder": ["E_INVALID_INPUT", () => (mkdirSync(join(folder, "dir")), join(folder, "dir"))],
    "an empty file": ["E_INVALID_INPUT", () => file("empty", "")],
    "a text file": ["E_INVALID_INPUT", () => file("text", "user_id,category\n")],
    "a device": ["E_INVALID_INPUT", () => "/dev/null"],
    "a header alone": ["E_CORRUPT", () => file("header", "SQLite format 3\0")],
    "a truncated database": ["E_CORRUPT", () => file("cut", sdk().subarray(0, 150_000))],
    "a damaged page": ["E_CORRUPT", () => file("damaged", sdk().fill(0x55, 40_960, 45_056))],
    "damaged cells in a page": ["E_CORRUPT", () => file("cells", sdk().fill(0xff, 20_488, 20_520))],
    "another application's database": [
      "E_UNSUPPORTED",
      () => {
        const path = join(folder, "other.sqlite");
        const database = new DatabaseSync(path);
        database.exec("CREATE TABLE orders (id INTEGER); CREATE TABLE clients (id INTEGER)");
        database.close();
        return path;
      },
    ],
  };
  test.each(Object.entries(cases))("%s", async (_name, [code, make]) => {
    const path = make();
    const failed = openLuminora(path);
    await expect(failed).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/^[^\n]+; [^\n]+$|^[^\n]+ does not exist; [^\n]+$/),
    });
    await expect(failed).rejects.toThrow(path);
    expect(ownTempFolders()).toEqual([]);
  });

  test("lists the tables it saw instead", async () => {
    const path = cases["another application's database"]?.[1]() ?? "";
    await expect(openLuminora(path)).rejects.toThrow('"clients", "orders"');
  });

  test("a file this user may not read", async () => {
    const path = file("secret.sqlite", sdk());
    chmodSync(path, 0o000);
    chmodSync(folder, 0o755);
    await expect(asNobody(() => openLuminora(path))).rejects.toMatchObject({
      code: "E_UNAVAILABLE",
      message: expect.stringContaining("permission"),
    });
  });
});

/** Root may read everything, so it runs as nobody. */
async function asNobody<T>(run: () => Promise<T>): Promise<T> {
  const root = process.getuid?.() === 0;
  if (root) process.seteuid?.(65_534);
  try {
    return await run();
  } finally {
    if (root) process.seteuid?.(0);
  }
}

test("a broken NOT NULL is a matter of the row, not of the file", async () => {
  using v1 = new V1Database();
  const columns =
    "id INTEGER PRIMARY KEY, user_id TEXT /*----*/, category TEXT, key TEXT, value TEXT";
  v1.table("facts", columns, [{ user_id: null, category: "c", key: "k", value: "v" }]);
  v1.database.close();
  const bytes = readFileSync(v1.path, "latin1").replace("/*----*/", "NOT NULL");
  writeFileSync(v1.path, bytes, "latin1");
  const broken = new DatabaseSync(v1.path);
  const [problem] = broken.prepare("PRAGMA quick_check").all();
  broken.close();
  expect(problem?.["quick_check"]).toBe("NULL value in facts.user_id");
  using source = await openLuminora(v1.path);
  expect(rowsOf(source)).toHaveLength(1);
});

test("a source cut off at a page is noticed", async () => {
  using v1 = new V1Database();
  v1.facts(Array.from({ length: 200 }, (_, i) => ({ key: `k${i}`, value: "v".repeat(100) })));
  v1.database.close();
  truncateSync(v1.path, 8192);
  await expect(openLuminora(v1.path)).rejects.toMatchObject({ code: "E_CORRUPT" });
});

test("the private copy is removed on dispose", async () => {
  using v1 = new V1Database();
  v1.facts([{}]);
  const source = await openLuminora(v1.path);
  expect(ownTempFolders()).toHaveLength(1);
  source[Symbol.dispose]();
  expect(ownTempFolders()).toEqual([]);
});

test("stops when its signal fires", async () => {
  using v1 = new V1Database();
  v1.facts([{}]);
  const signal = AbortSignal.abort();
  await expect(openLuminora(v1.path, { signal })).rejects.toMatchObject({ code: "E_ABORTED" });
  expect(ownTempFolders()).toEqual([]);
});
