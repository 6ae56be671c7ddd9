import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";

it("runs the README's first example as printed there", async () => {
  const path = join(import.meta.dirname, "fixtures/readme-example.ts");
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  expect(readme).toContain("```ts\n" + readFileSync(path, "utf8") + "```");
  const folder = mkdtempSync(join(tmpdir(), "palimpsest-readme-"));
  vi.spyOn(process, "cwd").mockReturnValue(folder);
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./fixtures/readme-example.ts");
  expect(log.mock.calls).toEqual([["tea", "hash"]]);
  rmSync(folder, { recursive: true });
});
