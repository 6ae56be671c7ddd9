import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");

test("the README's example runs as printed", async () => {
  const [, example] = /```ts\n([^]*?)```/.exec(readme) ?? [];
  // Inside this package, so that the imports resolve.
  const folder = mkdtempSync(join(import.meta.dirname, "readme-"));
  try {
    writeFileSync(join(folder, "example.mts"), example ?? "");
    const flags = ["--conditions=@palimpsest/source", "example.mts"];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: folder });
    expect(stdout).toContain("Carlos plays basketball on Sundays");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
