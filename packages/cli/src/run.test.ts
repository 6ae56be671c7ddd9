import "reflect-metadata";
import { afterAll, describe, expect, it } from "vitest";
import { runInside } from "./fixtures/fake-host.ts";
import { TestFolder } from "./fixtures/test-files.ts";
import { Stop } from "./stop.ts";

const folder = new TestFolder();
const cwd = folder.path;
afterAll(() => folder[Symbol.dispose]());

const commands =
  "import search context get put delete export stats doctor repair pack unpack tokens dedupe chaos".split(
    " ",
  );

describe("help and version", () => {
  it("prints the version", async () => {
    expect(await runInside(["--version"])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
    });
  });

  it.each(commands)("explains %s with an example, in 80 columns", async (name) => {
    const { code, stdout } = await runInside([name, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: palimpsest ${name} `));
    expect(stdout).toContain(`$ palimpsest ${name} `);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("lists the commands, on stderr and with exit 2 when none is given", async () => {
    const { code, stdout, stderr } = await runInside([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    for (const name of commands) expect(stderr).toMatch(new RegExp(`^ {2}${name} `, "m"));
    expect((await runInside(["--help"])).stdout).toBe(stderr);
  });
});

describe("wrong usage is one line and exit 2", () => {
  it.each<[args: string[], line: RegExp]>([
    [["serach", "x"], /unknown command 'serach' \(Did you mean search\?\); see palimpsest --help/],
    [
      ["search", "x", "--filtre", "{}"],
      /'--filtre' \(Did you mean --filter\?\); see palimpsest search/,
    ],
    [["cache", "clear", "--cache", "memory:", "--al"], /--al.*see palimpsest cache clear --help/],
    [["cache", "clare"], /Did you mean clear\?\); see palimpsest cache --help/],
    [["search"], /missing required argument 'query'/],
    [["search", "x", "--k", "1001"], /'1001' is invalid\. Give a whole number from 0 to 1000;/],
    [["search", "x", "--k", "-1"], /'-1' is invalid/],
    [["search", "x", "--k", "1e2"], /'1e2' is invalid/],
    [["search", "x", "--mode", "magic"], /Allowed choices are hybrid, vector, lexical/],
    [["search", "x", "--scope", "a", "--all-scopes"], /cannot be used with option/],
    [["search", "x", "--filter", "{"], /--filter is not valid JSON/],
    [["search", "x", "--filter", '{"op":"like"}'], /--filter .*path/],
    [["context", "x"], /required option '--budget <tokens>' not specified/],
    [["context", "x", "--budget", "many"], /'many' is invalid/],
    [["put", "--text", "x", "--metadata", "[1]"], /--metadata must be a JSON object/],
    [["put", "--text", "x", "--store", "memory:", "--id", "a\0"], /U\+0000/],
    [["delete"], /either an id or --filter/],
    [["delete", "x", "--filter", '{"op":"exists","path":["a"],"value":true}'], /not both/],
    [["get"], /missing required argument 'id'/],
    [["get", "a", "b"], /too many arguments/],
    [["export", "--json"], /--json needs --out/],
    [["import", "x", "--format", "csv"], /Allowed choices are luminora, jsonl/],
    [["stats", "--store", "memory:", "--embedder", "hsh"], /did you mean "hash"/],
    [["stats", "--config", "none.json"], /none\.json/],
    [["stats", "--vectors", "qdrant:http://h"], /vectors: no qdrant driver/],
  ])("%j", async (args, line) => {
    const { code, stdout, stderr } = await runInside(args, { cwd });
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(line),
    });
    expect(stderr).toMatch(/^palimpsest: [^\n]+\n$/);
    expect(folder.snapshot()).toEqual({});
  });

  it("asks for a text instead of waiting for a person to type one", async () => {
    const { code, stderr } = await runInside(["put", "--store", "memory:"], { terminal: true });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/--text or pipe/) });
  });
});

describe("stopping", () => {
  it("stops waiting for a text", async () => {
    const signal = AbortSignal.abort(new Stop("SIGTERM"));
    const { code } = await runInside(["put", "--store", "memory:"], { signal });
    expect(code).toBe(143);
  });

  it("says how to go on and exits with the signal's code", async () => {
    const signal = AbortSignal.abort(new Stop("SIGINT"));
    const { code, stderr } = await runInside(["doctor", "--store", "memory:"], { signal });
    expect(code).toBe(130);
    expect(stderr).toBe(
      "palimpsest: stopped by SIGINT; nothing was changed; run the same command again\n",
    );
  });
});

it("prints a stack only when asked", async () => {
  const args = ["stats", "--store", "sqllite:x"];
  expect((await runInside(args)).stderr.split("\n")).toHaveLength(2);
  const { stderr } = await runInside(args, { env: { PALIMPSEST_DEBUG: "1" } });
  expect(stderr).toMatch(/\n {4}at /);
});
