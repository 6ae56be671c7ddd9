import "reflect-metadata";
import { writeFileSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { runInside } from "./fixtures/fake-host.ts";
import { TestFolder } from "./fixtures/test-files.ts";

const folder = new TestFolder();
afterAll(() => folder[Symbol.dispose]());
const cwd = folder.path;

it("a file named dualstore is still imported by its path", async () => {
  writeFileSync(folder.at("dualstore"), '{"id":"a","text":"one"}\n');
  writeFileSync(folder.at("help"), '{"id":"b","text":"two"}\n');
  for (const file of ["./dualstore", "help"]) {
    const { code, stdout } = await runInside(["import", file, "--to", "sqlite:./m.db"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^read +1\nimported +1\n/);
  }
});

it.each([
  [["import", "dualstore"], "--family"],
  [["inspect", "dualstore"], "--family"],
  [["inspect"], "dualstore"],
  [["inspect", "dualstore", "--family", ""], "must not be empty"],
  [["inspect", "dualstore", "--family", "f", "--mongo", "nowhere"], "mongodb://"],
  [["inspect", "dualstore", "--family", "f", "--mongo", "mongodb://u:secret@:bad:x"], "mongodb://"],
])("refuses %j", async (args, hint) => {
  const { code, stdout, stderr } = await runInside(args, { cwd });
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(hint);
  expect(stderr).not.toContain("secret");
});

it("refuses variables that contradict each other", async () => {
  const env = { DUAL_WRITE_CONSISTENCY: "strict", CONSISTENCY_MODE: "eventual" };
  const { code, stderr } = await runInside(["inspect", "dualstore", "--family", "f"], { cwd, env });
  expect(code).toBe(2);
  expect(stderr).toContain("CONSISTENCY_MODE");
});
