import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { runInside } from "../fixtures/fake-host.ts";
import { TestFolder } from "../fixtures/test-files.ts";

const folder = new TestFolder();
const cwd = folder.path;
afterAll(() => folder[Symbol.dispose]());

describe("dedupe", () => {
  const same = '{"user_id":"u","category":"food","key":"tea","value":"Green","n":1.0}';
  const other = same.replace("Green", " green ");

  it("merges, keeps JSONL as JSONL and numbers as written, and counts on stderr", async () => {
    writeFileSync(folder.at("facts.jsonl"), [same, other, same].join("\n"));
    expect(await runInside(["dedupe", "facts.jsonl"], { cwd })).toEqual({
      code: 0,
      stdout: `${same}\n${other}\n`,
      stderr: "3 records, 2 left after 1 merge; 1 contradiction, 0 not comparable\n",
    });
    writeFileSync(folder.at("facts.json"), `[${same},${other}]`);
    const merged = await runInside(["dedupe", "facts.json", "--level", "normalised"], { cwd });
    expect(merged).toMatchObject({ code: 0, stdout: `[${same}]\n` });
  });

  it("keeps a single line a line", async () => {
    writeFileSync(folder.at("one.jsonl"), `${same}\n`);
    expect(await runInside(["dedupe", "one.jsonl"], { cwd })).toMatchObject({
      code: 0,
      stdout: `${same}\n`,
    });
    expect(await runInside(["dedupe", "-", "--jsonl"], { cwd })).toMatchObject({
      code: 0,
      stdout: "",
    });
  });

  it("says with --json where every record went", async () => {
    const args = ["dedupe", "facts.jsonl", "--level", "near", "--threshold", "0.9", "--json"];
    const { stdout, stderr } = await runInside(args, { cwd });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      records: [{ value: "Green" }],
      indexMap: [0, 0, 0],
      merges: [{ output: 0, inputs: [0, 1, 2] }],
      contradictions: [],
      problems: [],
    });
  });
});
