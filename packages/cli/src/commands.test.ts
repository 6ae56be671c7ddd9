import "reflect-metadata";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runInside } from "./fixtures/fake-host.ts";
import { runCli } from "./fixtures/run-cli.ts";
import { TestFolder, writeV1 } from "./fixtures/test-files.ts";

const folder = new TestFolder();
const cwd = folder.path;
afterAll(() => folder[Symbol.dispose]());

/** The one JSON value of a `--json` run in a process of its own. */
async function json(...args: string[]): Promise<unknown> {
  return onlyJson(await runCli([...args, "--json"], { cwd }));
}

/** The same without a process, for what another test starts as one. */
async function jsonInside(...args: string[]): Promise<unknown> {
  return onlyJson(await runInside([...args, "--json"], { cwd }));
}

function onlyJson({ stdout, stderr }: { stdout: string; stderr: string }): unknown {
  if (stderr !== "" || stdout.indexOf("\n") !== stdout.length - 1) {
    throw new Error(`expected one JSON line, got ${stdout} and on stderr ${stderr}`);
  }
  return JSON.parse(stdout);
}

const store = ["--store", "sqlite:./m.db"];

let firstImport: unknown;
beforeAll(async () => {
  writeV1(folder.at("v1.sqlite"), 20);
  firstImport = await json("import", "v1.sqlite", ...to("m"));
});

function to(name: string): string[] {
  return ["--to", `sqlite:./${name}.db`];
}

describe.concurrent("one process per command", () => {
  it("imports a v1 database", () => {
    expect(firstImport).toMatchObject({
      read: 20,
      imported: 20,
      updated: 0,
      unchanged: 0,
      quarantined: 0,
      lossyInV1: 0,
      redacted: 0,
      verified: 20,
      mismatches: 0,
    });
  });

  it("imports a second time without writing", async () => {
    const { code, stdout, stderr } = await runCli(
      ["import", "v1.sqlite", "--to", "sqlite:./m.db"],
      {
        cwd,
      },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^read +20\nimported +0\n/);
    expect(stdout).toMatch(/^unchanged +20$/m);
  });

  it("searches", async () => {
    const found = await json("search", "favourite", "sport", "3", ...store, "--k", "2");
    expect(found).toEqual({
      hits: [
        {
          scope: "",
          id: "fact/user_3/hobbies/favourite_sport_3",
          score: expect.any(Number),
          text: "user_3 hobbies favourite sport 3: climbing",
          metadata: expect.objectContaining({ kind: "fact", user: "user_3" }),
          timestamp: Date.UTC(2025, 2, 1, 10),
        },
        expect.anything(),
      ],
    });
  });

  it("searches with a filter and for people", async () => {
    const filter = '{"op":"eq","path":["user"],"value":"user_4"}';
    const { stdout } = await runCli(["search", "sport", ...store, "--filter", filter], { cwd });
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^\d\.\d{3} {2}fact\/user_4\//);
    expect(lines[1]).toMatch(/^ {7}user_4 hobbies favourite sport \d+: climbing$/);
  });

  it("prints a context within its budget", async () => {
    const { code, stdout, stderr } = await runCli(
      ["context", "favourite sport", ...store, "--budget", "60"],
      { cwd },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\[fact\/user_\d\/hobbies\/favourite_sport_\d+\] user_/);
    const [, tokens] = /(\d+) of 60 tokens/.exec(stderr) ?? [];
    expect(Number(tokens)).toBeGreaterThan(0);
    expect(Number(tokens)).toBeLessThanOrEqual(60);
  });

  it("reports health and figures", async () => {
    expect(await json("doctor", ...store)).toEqual({
      healthy: true,
      ratio: 1,
      documents: expect.any(Number),
      vectors: expect.any(Number),
      missing: 0,
      orphans: 0,
      stale: 0,
      quarantined: 0,
      problems: [],
      unindexed: 0,
      pending: 0,
    });
    expect(await jsonInside("stats", ...store)).toMatchObject({
      documents: expect.any(Number),
      outbox: { pending: 0, quarantined: 0, oldest: null },
      embedder: { dimension: expect.any(Number) },
    });
    expect(await json("repair", ...store, "--dry-run")).toMatchObject({ dryRun: true, queued: 0 });
  });
});

describe("put, get, delete", () => {
  const notes = ["--store", "sqlite:./notes.db"];

  it("keeps a document from its input to its deletion", async () => {
    const put = ["put", "--id", "n 1", "--metadata", '{"kind":"note"}', "--timestamp", "5"];
    const { code, stdout } = await runCli([...put, ...notes], { cwd, input: "green tea 🍵\n" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'stored document "n 1"\n' });
    expect(await json("get", "n 1", ...notes)).toMatchObject({
      scope: "",
      id: "n 1",
      text: "green tea 🍵\n",
      metadata: { kind: "note" },
      timestamp: 5,
      revision: { epoch: 0, counter: 1 },
    });
    expect(
      await jsonInside("put", "--text", "black tea", "--scope", "ana", ...notes),
    ).toMatchObject({
      scope: "ana",
      text: "black tea",
    });
    const filter = '{"op":"eq","path":["kind"],"value":"note"}';
    expect(await jsonInside("delete", "--filter", filter, "--dry-run", ...notes)).toEqual({
      deleted: 1,
      dryRun: true,
    });
    expect(await jsonInside("delete", "--filter", filter, "--scope", "ana", ...notes)).toEqual({
      deleted: 0,
      dryRun: false,
    });
    expect(await json("delete", "n 1", ...notes)).toEqual({ deleted: 1, dryRun: false });
    const gone = await runInside(["get", "n 1", "--json", ...notes], { cwd });
    expect(gone).toEqual({ code: 1, stdout: "null\n", stderr: expect.stringMatching(/"n 1"/) });
    expect((await runInside(["delete", "n 1", ...notes], { cwd })).code).toBe(1);
    const all = '{"op":"exists","path":["kind"],"value":false}';
    expect(await jsonInside("delete", "--filter", all, "--scope", "ana", ...notes)).toEqual({
      deleted: 1,
      dryRun: false,
    });
  });
});

describe("export and import of JSONL", () => {
  it("brings every document back with the digest it had", async () => {
    const awkward = {
      id: "ü/\u2028 %",
      text: "line\u2028separator\nand 'quotes' \"",
      metadata: { n: -0.5 },
    };
    writeFileSync(
      folder.at("in.jsonl"),
      `\ufeff${JSON.stringify(awkward)}\r\n\n${JSON.stringify({ scope: "b", id: "x", text: "" })}`,
    );
    const counts = { read: 2, quarantined: 0, verified: 2, mismatches: 0 };
    expect(await json("import", "in.jsonl", ...to("one"))).toMatchObject({
      ...counts,
      imported: 2,
    });
    // No time in the file: what is otherwise the same keeps its own.
    expect(await jsonInside("import", "in.jsonl", ...to("one"))).toMatchObject({
      ...counts,
      unchanged: 2,
    });

    const out = ["--all-scopes", "--out", "out.jsonl", "--store", "sqlite:./one.db"];
    expect(await json("export", ...out)).toEqual({ out: folder.at("out.jsonl"), documents: 2 });
    expect(await jsonInside("import", "out.jsonl", ...to("two"))).toMatchObject({
      ...counts,
      imported: 2,
    });
    const again = await runCli(["export", "--all-scopes", "--store", "sqlite:./two.db"], { cwd });
    expect(again.stdout).toBe(readFileSync(folder.at("out.jsonl"), "utf8"));
    expect(again.stdout).toMatch(/"digest":"[0-9a-f]{64}"/);
  });
});

describe("where things are", () => {
  it("resolves paths against INIT_CWD and the store from the environment", async () => {
    const env = { INIT_CWD: folder.path, PALIMPSEST_STORE: "sqlite:./sub/e.db" };
    expect((await runCli(["put", "--text", "x"], { env, cwd: "/" })).code).toBe(0);
    expect(existsSync(folder.at("sub/e.db"))).toBe(true);
    const stats = await runCli(["stats", "--json"], { env, cwd: "/" });
    expect(JSON.parse(stats.stdout)).toMatchObject({ documents: 1 });
  });
});
