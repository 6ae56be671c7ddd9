import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const example = new URL("./fixtures/readme-example.ts", import.meta.url);

test("has a first example in the README that does what it says", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(readFileSync(example, "utf8"));
  const folder = mkdtempSync(join(tmpdir(), "palimpsest-readme-"));
  const args = ["--conditions=@palimpsest/source", "--no-warnings", fileURLToPath(example)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  expect(stdout).toBe("tea tea\n");
  rmSync(folder, { recursive: true });
});
