import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runInside } from "../fixtures/fake-host.ts";
import { cleanEnv, command, runCli } from "../fixtures/run-cli.ts";
import { TestFolder } from "../fixtures/test-files.ts";
import { holdThread } from "../records/hold-thread.ts";
import { Stop } from "../stop.ts";

// Some tests start processes, on a machine that may be busy.
const folder = new TestFolder();
const cwd = folder.path;
afterAll(() => folder[Symbol.dispose]());

/** Numbers that JavaScript would print in another way, awkward texts, keys in an order of their own. */
const written =
  '[{"z":1.0,"a":12345678901234567890,"__proto__":-0},{"z":1e21,"a":"1e21","__proto__":null},{"z":"|\\n~","a":"","__proto__":[]}]';
const rows = Array.from({ length: 20 }, (_, i) => ({ id: `row_${i}`, name: "Ana", at: i }));

beforeAll(() => {
  writeFileSync(folder.at("written.json"), written);
  writeFileSync(folder.at("rows.json"), JSON.stringify(rows, null, 2));
  writeFileSync(
    folder.at("rows.jsonl"),
    `\ufeff${rows.map((r) => JSON.stringify(r)).join("\r\n")}\n`,
  );
  writeFileSync(folder.at("bad.json"), '[{"a":1},\n {"a":2,}]');
  writeFileSync(folder.at("bad.jsonl"), '{"a":1}\n\n{"a":\n{"a":3}\n');
  writeFileSync(folder.at("empty.json"), " \n");
  writeFileSync(folder.at("latin1.json"), Buffer.from([0x22, 0xe9, 0x22]));
  writeFileSync(folder.at("utf16.json"), Buffer.from("\ufeff[1]", "utf16le"));
  mkdirSync(folder.at("folder"));
});

async function packed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runInside(["pack", ...args], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

async function unpacked(text: string): Promise<string> {
  writeFileSync(folder.at("in.pack"), text);
  const { code, stdout, stderr } = await runInside(["unpack", "in.pack"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("pack and unpack", () => {
  it.each([
    [[]],
    [["--profile", "dense"]],
    [["--profile", "minified"]],
    [["--profile", "auto"]],
    [["--legend"]],
    [["--repeat-header", "5", "--profile", "dense", "--legend"]],
  ])("%j gives back what was written, numbers and key order included", async (options) => {
    expect(await unpacked(await packed("written.json", ...options))).toBe(`${written}\n`);
    expect(await unpacked(await packed("rows.json", ...options))).toBe(`${JSON.stringify(rows)}\n`);
  });

  it("reads JSONL, with a byte order mark and Windows line ends, as the list of its lines", async () => {
    expect(await packed("rows.jsonl")).toBe(await packed("rows.json"));
  });

  it("reads a single line as a list of one where the name or --jsonl says that lines are records", async () => {
    writeFileSync(folder.at("one.jsonl"), '{"a":1}\n');
    writeFileSync(folder.at("one.txt"), '{"a":1}\n');
    writeFileSync(folder.at("list.jsonl"), "[1,2]\n");
    expect(await unpacked(await packed("one.jsonl"))).toBe('[{"a":1}]\n');
    expect(await unpacked(await packed("one.txt"))).toBe('{"a":1}\n');
    expect(await unpacked(await packed("one.txt", "--jsonl"))).toBe('[{"a":1}]\n');
    expect(await unpacked(await packed("list.jsonl"))).toBe("[1,2]\n");
    expect(await unpacked(await packed("list.jsonl", "--jsonl"))).toBe("[[1,2]]\n");
    expect(await unpacked(await packed("empty.json", "--jsonl"))).toBe("[]\n");
  });

  it("reads standard input and works as a pipe, in processes of their own", async () => {
    const first = await runCli(["pack"], { input: written });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(await runCli(["unpack"], { input: first.stdout })).toEqual({
      code: 0,
      stderr: "",
      stdout: `${written}\n`,
    });
  });

  it("takes plain JSON for packed text, as the minified profile writes it", async () => {
    expect(await unpacked(' {"b": 1.0, "a": -0} \n')).toBe('{"b":1.0,"a":-0}\n');
  });

  it("reads packed text whose line ends a Windows program has changed", async () => {
    const text = await packed("written.json", "--repeat-header", "1");
    expect(await unpacked(text.replaceAll("\n", "\r\n"))).toBe(`${written}\n`);
    expect(await unpacked(`\ufeff${text}`)).toBe(`${written}\n`);
  });

  it("says with --json what the text costs", async () => {
    const report = JSON.parse(await packed("rows.json", "--json")) as Record<string, unknown>;
    expect(report).toEqual({
      text: (await packed("rows.json")).slice(0, -1),
      tokens: expect.any(Number),
      minifiedTokens: expect.any(Number),
    });
    expect(report["tokens"]).toBeLessThan(Number(report["minifiedTokens"]) / 2);
    const auto = JSON.parse(await packed("rows.json", "--json", "--profile", "auto")) as object;
    expect(auto).toEqual(report);
  });

  it("survives nesting of 10,000", async () => {
    const deep = `${"[".repeat(10_000)}${"]".repeat(10_000)}`;
    writeFileSync(folder.at("deep.json"), deep);
    expect(await unpacked(await packed("deep.json"))).toBe(`${deep}\n`);
  });
});

describe("bad input is one line, exit code 2 and nothing on stdout", () => {
  it.each<[args: string[], line: RegExp]>([
    [["pack", "bad.json"], /bad\.json: .*line 2, column 9/],
    [["pack", "bad.jsonl"], /bad\.jsonl: .*line 3, column 6/],
    [["tokens", "bad.json"], /bad\.json: .*line 2, column 9/],
    [["dedupe", "bad.jsonl"], /bad\.jsonl: .*line 3, column 6/],
    [["pack", "empty.json"], /empty\.json is empty/],
    [["pack", "latin1.json"], /latin1\.json is not UTF-8.*iconv -f windows-1252/],
    [["pack", "utf16.json"], /utf16\.json is not UTF-8.*iconv -f utf-16/],
    [["unpack", "empty.json"], /empty\.json is empty; give packed text/],
    [["pack", "rows.json", "--jsonl"], /rows\.json: .*line 1, column 2/],
    [["pack", "none.json"], /none\.json.*check the path/],
    [["unpack", "folder"], /name a file, not a folder/],
    [["pack", "written.json", "--profile", "tiny"], /Allowed choices are readable, dense/],
    [["pack", "written.json", "--repeat-header", "0"], /whole number from 1/],
    [["tokens", "written.json", "--family", "gpt-1"], /Allowed choices are o200k_base/],
    [["tokens", "written.json", "--sample", "0"], /whole number from 1/],
    [["dedupe", "written.json", "--level", "fuzzy"], /Allowed choices are exact, normalised/],
    [["dedupe", "written.json", "--level", "near", "--threshold", "2"], /fraction above 0/],
    [["dedupe", "written.json", "--threshold", "0.9"], /threshold has no effect at level exact/],
  ])("%j", async (args, line) => {
    const outcome = await runInside(args, { cwd });
    expect(outcome).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(line) });
    expect(outcome.stderr).toMatch(/^palimpsest: [^\n]+\n$/);
  });

  it("names the place where packed text is damaged", async () => {
    const lines = (await packed("rows.json")).split("\n");
    writeFileSync(folder.at("cut.pack"), lines.slice(0, -3).join("\n"));
    writeFileSync(folder.at("cell.pack"), lines.with(4, `${lines[4]}\tmore\tmore`).join("\n"));
    for (const file of ["cut.pack", "cell.pack"]) {
      const { code, stdout, stderr } = await runInside(["unpack", file], { cwd });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^palimpsest: (?:cut|cell)\.pack: .*line \d+, column \d+/);
    }
  });

  it("dedupe wants a list", async () => {
    writeFileSync(folder.at("one.json"), '{"a":1}');
    expect(await runInside(["dedupe", "one.json"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/one\.json holds one value, not a list/),
    });
  });

  it("asks for input instead of waiting for a person to type it", async () => {
    const { code, stderr } = await runInside(["pack"], { terminal: true });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/name a file/) });
  });
});

describe("being stopped", () => {
  it.each([["pack"], ["unpack"], ["tokens"], ["dedupe"]])("%s prints nothing", async (name) => {
    const signal = AbortSignal.abort(new Stop("SIGINT"));
    const { code, stdout, stderr } = await runInside([name, "rows.json"], { cwd, signal });
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(/stopped by SIGINT; nothing was changed/);
  });

  it.each([["pack"], ["unpack"], ["tokens"], ["dedupe"]])(
    "%s gives signals their own effect before it holds the thread",
    async (name) => {
      writeFileSync(folder.at("list.json"), "[1]");
      const stopAtOnce = vi.fn();
      const { code, stdout } = await runInside([name, "list.json"], { cwd, stopAtOnce });
      expect({ code, calls: stopAtOnce.mock.calls.length }).toEqual({ code: 0, calls: 1 });
      expect(stdout).not.toBe("");
      await runInside([name, "none.json"], { cwd, stopAtOnce });
      expect(stopAtOnce).toHaveBeenCalledTimes(1);
    },
  );

  it("hears a signal that came while the input was decoded", async () => {
    const controller = new AbortController();
    const stopAtOnce = vi.fn();
    const running = holdThread({ signal: controller.signal, stopAtOnce });
    queueMicrotask(() => controller.abort(new Stop("SIGINT")));
    await expect(running).rejects.toMatchObject({ code: "E_ABORTED" });
    expect(stopAtOnce).not.toHaveBeenCalled();
  });

  it("says nothing when the reader goes away", async () => {
    writeFileSync(
      folder.at("many.json"),
      JSON.stringify(Array.from({ length: 50_000 }, (_, i) => [i])),
    );
    const [file = "", ...args] = [...command, "pack", "many.json"];
    const child = spawn(file, args, { cwd, env: cleanEnv(), stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
