import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { V1Database } from "../fixtures/v1-database.ts";
import { copySource } from "./source-copy.ts";

const during = vi.hoisted(() => ({ copy: (_path: string): void => {} }));

vi.mock(import("node:fs/promises"), async (original) => {
  const real = await original();
  const copyFile: typeof real.copyFile = async (from, to, mode) => {
    await real.copyFile(from, to, mode);
    during.copy(String(from));
  };
  return { ...real, copyFile };
});

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "source-copy-"));
});

afterEach(() => {
  during.copy = (): void => {};
  rmSync(folder, { recursive: true });
});

test("finds the -wal of a file behind a link", async () => {
  using v1 = new V1Database();
  v1.database.exec("PRAGMA journal_mode = WAL");
  v1.facts([{}]);
  const link = join(folder, "link.sqlite");
  symlinkSync(v1.path, link);
  const copy = await copySource(link, folder);
  expect(readFileSync(`${copy}-wal`)).toEqual(readFileSync(`${v1.path}-wal`));
});

test("copies again when the source changed meanwhile", async () => {
  using v1 = new V1Database();
  v1.facts([{}]);
  let changes = 1;
  during.copy = (path): void => {
    if (path === v1.path && changes-- > 0) v1.facts([{ key: "late" }]);
  };
  const copy = await copySource(v1.path, folder);
  expect(readFileSync(copy)).toEqual(readFileSync(v1.path));
  expect(statSync(copy).mode & 0o777).toBe(0o600);
});

test("copies again when a -wal appeared meanwhile", async () => {
  using v1 = new V1Database();
  v1.facts([{}]);
  v1.database.close();
  let appears = true;
  during.copy = (path): void => {
    if (path !== v1.path || !appears) return;
    appears = false;
    appendFileSync(`${v1.path}-wal`, "frames");
  };
  const copy = await copySource(v1.path, folder);
  expect(readFileSync(`${copy}-wal`, "utf8")).toBe("frames");
});

test("gives up on a source that never rests", async () => {
  using v1 = new V1Database();
  v1.facts([{}]);
  during.copy = (path): void => {
    if (path === v1.path) v1.facts([{}]);
  };
  await expect(copySource(v1.path, folder)).rejects.toMatchObject({
    code: "E_LOCKED",
    message: expect.stringContaining("stop the application"),
  });
});

test("says so when the temporary folder is full", async () => {
  using v1 = new V1Database();
  v1.facts([{}]);
  during.copy = (): void => {
    throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  };
  await expect(copySource(v1.path, folder)).rejects.toMatchObject({
    code: "E_FULL",
    message: expect.stringContaining("TMPDIR"),
  });
});
