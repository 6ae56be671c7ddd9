import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { command, runProcess } from "./fixtures/run-cli.ts";
import { TestFolder } from "./fixtures/test-files.ts";

const folder = new TestFolder();
afterAll(() => folder[Symbol.dispose]());

it("prints what the README's first example shows", async () => {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const [, session = ""] = /```console\n(.*?)```/s.exec(readme) ?? [];
  const lines = session.split("\n").map((line) => line.replace(/^\$ /, "\u0000"));
  const commands = lines.filter((line) => line.startsWith("\u0000")).map((line) => line.slice(1));
  const printed = lines.filter((line) => !line.startsWith("\u0000")).join("\n");
  const palimpsest = command.map((part) => `'${part}'`).join(" ");
  const script = [`palimpsest() { ${palimpsest} "$@"; }`, "set -e", ...commands].join("\n");
  const { code, stdout } = await runProcess(["sh", "-c", script], { cwd: folder.path });
  expect(commands.length).toBeGreaterThan(3);
  expect({ code, stdout }).toEqual({ code: 0, stdout: printed });
});
