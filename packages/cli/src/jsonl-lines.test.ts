import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { TestFolder } from "./fixtures/test-files.ts";
import { type Line, readLines } from "./jsonl-lines.ts";

const folder = new TestFolder();
afterAll(() => folder[Symbol.dispose]());

async function linesOf(content: string | Uint8Array): Promise<Line[]> {
  const path = folder.at("file.jsonl");
  writeFileSync(path, content);
  const lines: Line[] = [];
  for await (const line of readLines(path, new AbortController().signal)) lines.push(line);
  return lines;
}

describe("readLines", () => {
  it("splits at line feeds only, counts blank lines and leaves them out", async () => {
    expect(await linesOf("\ufeffa\r\n\n \t\nb\u2028c\u0085d\n\ne")).toEqual([
      { number: 1, text: "a" },
      { number: 4, text: "b\u2028c\u0085d" },
      { number: 6, text: "e" },
    ]);
    expect(await linesOf("")).toEqual([]);
    expect(await linesOf("a\n")).toEqual([{ number: 1, text: "a" }]);
  });

  it("joins what the file's chunks tear apart", async () => {
    const long = "é漢😀".repeat(60_000);
    const lines = await linesOf(`${long}\n${long}x\n${long}`);
    expect(lines.map(({ text }) => text === long)).toEqual([true, false, true]);
    expect(lines[1]?.text).toBe(`${long}x`);
  });

  it("names the line that is no UTF-8", async () => {
    await expect(linesOf(new Uint8Array([97, 10, 10, 0xff, 10]))).rejects.toThrow(
      expect.objectContaining({
        code: "E_INVALID_INPUT",
        message: expect.stringMatching(/file\.jsonl, line 3, is not UTF-8/),
      }),
    );
  });
});
