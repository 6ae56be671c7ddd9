import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTempFolder, tempFolderError } from "./temp-folder.ts";

const module = join(import.meta.dirname, "temp-folder.ts");

test("is private and goes with its holder", () => {
  const folder = createTempFolder();
  expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  folder[Symbol.dispose]();
  expect(existsSync(folder.path)).toBe(false);
});

test("leaves no listener behind", () => {
  const before = process.listenerCount("SIGINT");
  const folders = [createTempFolder(), createTempFolder()];
  expect(process.listenerCount("SIGINT")).toBe(before + 1);
  for (const folder of folders) folder[Symbol.dispose]();
  expect(process.listenerCount("SIGINT")).toBe(before);
});

async function childWithFolder(
  signal: NodeJS.Signals,
  setup: string = "",
): Promise<{ path: string; endedBy: NodeJS.Signals | null; code: number | null }> {
  const child = spawn(process.execPath, [
    "--conditions=@palimpsest/source",
    "--input-type=module",
    "--eval",
    `import { createTempFolder } from ${JSON.stringify(module)};
     ${setup}
     console.log(createTempFolder().path);
     setInterval(() => {}, 1000);`,
  ]);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  child.kill(signal);
  const [code, endedBy] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return { path: line.toString().trim(), endedBy, code };
}

test.each([
  [{ code: "ENOSPC" }, "E_FULL"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 13 }, "E_FULL"],
  [{ code: "EACCES" }, "E_UNAVAILABLE"],
])("names what is wrong with the temporary folder: %j", (cause, code) => {
  const error = tempFolderError(Object.assign(new Error("no"), cause));
  expect(error.code).toBe(code);
  expect(error.message).toContain("TMPDIR");
});

describe("a process that ends", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("by %s removes it", async (signal) => {
    const { path, endedBy } = await childWithFolder(signal);
    expect(endedBy).toBe(signal);
    expect(existsSync(path)).toBe(false);
  });

  test("by its own handler removes it on exit", async () => {
    const { path, code } = await childWithFolder(
      "SIGINT",
      'process.on("SIGINT", () => process.exit(7));',
    );
    expect(code).toBe(7);
    expect(existsSync(path)).toBe(false);
  });

  test("by SIGKILL leaves it to the next import", async () => {
    const { path } = await childWithFolder("SIGKILL");
    expect(existsSync(path)).toBe(true);
    using next = createTempFolder();
    expect([existsSync(path), existsSync(next.path)]).toEqual([false, true]);
  });
});
