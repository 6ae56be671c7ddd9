import "reflect-metadata";
import {
  cacheKey,
  CacheStatistics,
  SharedStatistics,
  StatisticsFlush,
  TieredCache,
} from "@palimpsest/cache";
import { openSqlite } from "@palimpsest/drivers/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { runInside } from "../fixtures/fake-host.ts";
import { runCli } from "../fixtures/run-cli.ts";
import { TestFolder } from "../fixtures/test-files.ts";

const folder = new TestFolder();
const cwd = folder.path;
afterAll(() => folder[Symbol.dispose]());

const savings = () => ({ tokens: 100, cost: 0.5 });
const keyOf = (scope: string, name: string) =>
  cacheKey({ scope, prefix: "llm/chat", parts: [name] });

/** An application's process: a cache over the file, which counts what it does. */
async function application(file: string) {
  const engine = await openSqlite({ path: folder.at(file) });
  const store = engine.keyValues;
  const statistics = new CacheStatistics();
  const cache = new TieredCache({
    store,
    onEvent: statistics.record,
    // The file tells nobody of a change, so the cache looks now and then.
    syncInterval: 20,
    // On a busy machine too, what was asked for is in the file.
    deadline: 10_000,
  });
  const flush = new StatisticsFlush({ statistics, shared: new SharedStatistics({ store }) });
  const ask = (scope: string, name: string, tags: readonly string[] = []) =>
    cache.getOrSet(keyOf(scope, name), async () => `answer ${name}`, {
      ttl: 600_000,
      savings,
      tags,
    });
  return {
    ask,
    cache,
    flush,
    [Symbol.asyncDispose]: async () => {
      await flush[Symbol.asyncDispose]();
      await cache.close();
      await engine.close();
    },
  };
}

describe("cache stats", () => {
  it("sums what all processes counted, for scripts and for people", async () => {
    for (const asked of [3, 2]) {
      await using app = await application("stats.db");
      for (let i = 0; i < asked; i++) await app.ask("ana", "a");
    }
    const args = ["cache", "stats", "--cache", "sqlite:./stats.db"];
    const { code, stdout, stderr } = await runCli([...args, "--json"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      cache: "sqlite:./stats.db",
      namespace: "cache",
      at: expect.any(Number),
      total: { requests: 5, hits: 4, misses: 1, hitRate: 0.8, callsSaved: 4, netSaved: 2 },
      classes: { "llm/chat": { requests: 5, tokensSaved: 400, errors: 0 } },
    });
    const shown = await runInside(args, { cwd });
    expect(shown.stdout).toMatch(/^requests +5$/m);
    expect(shown.stdout).toMatch(/^llm\/chat: 5 requests, 80\.0 % hits, 0 errors, 2\.0000 saved$/m);
  });

  it("of a cache that nobody counted is empty, not an error", async () => {
    await using app = await application("empty.db");
    await app.ask("ana", "a");
    const args = ["cache", "stats", "--cache", "sqlite:./empty.db", "--namespace", "other"];
    const { code, stdout } = await runInside([...args, "--json"], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ total: { requests: 0, hitRate: 0 }, classes: {} });
  });
});

async function present(
  cache: TieredCache,
  entries: readonly (readonly [string, string, unknown])[],
) {
  const found = await cache.getMany(entries.map(([scope, name]) => keyOf(scope, name)));
  return entries
    .filter((_, i) => found[i] !== undefined)
    .map(([scope, name]) => `${scope} ${name}`);
}

describe("cache clear", () => {
  type Kept = readonly string[];

  it.each<[string, string[], Kept, unknown]>([
    ["a tag", ["--tag", "t"], ["ana b", "ben a"], { all: false, tags: ["t"] }],
    ["two tags", ["--tag", "t", "--tag", "u"], ["ben a"], { all: false, tags: ["t", "u"] }],
    ["a tenant", ["--scope", "ana"], ["ben a"], { all: false, tags: [], scope: "ana", prefix: "" }],
    [
      "a prefix of a tenant",
      ["--scope", "ben", "--prefix", "llm"],
      ["ana a", "ana b"],
      { all: false, tags: [], scope: "ben", prefix: "llm" },
    ],
    ["another prefix", ["--scope", "ben", "--prefix", "ll"], ["ana a", "ana b", "ben a"], {}],
    ["everything", ["--all"], [], { all: true, tags: [] }],
  ])(
    "by %s is seen by a running process and by the next one",
    async (what, flags, kept, cleared) => {
      const file = `clear ${what}.db`;
      const entries: [string, string, string[]][] = [
        ["ana", "a", ["t"]],
        ["ana", "b", ["u"]],
        ["ben", "a", []],
      ];
      await using running = await application(file);
      for (const entry of entries) await running.ask(...entry);
      const args = ["cache", "clear", "--cache", `sqlite:./${file}`, ...flags, "--json"];
      const { code, stdout, stderr } = await runInside(args, { cwd });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({ cleared });
      await using next = await application(file);
      await expect.poll(() => present(running.cache, entries), { timeout: 30_000 }).toEqual(kept);
      expect(await present(next.cache, entries)).toEqual(kept);
    },
  );
});

describe("refuses in one line, and clears nothing", () => {
  it.each<[string, string[], number, RegExp]>([
    [
      "no selection",
      ["clear", "--cache", "sqlite:./kept.db"],
      2,
      /needs --tag, --scope, --prefix or --all/,
    ],
    [
      "--all beside a tag",
      ["clear", "--cache", "sqlite:./kept.db", "--all", "--tag", "t"],
      2,
      /--all/,
    ],
    [
      "a tag beside a tenant",
      ["clear", "--cache", "sqlite:./kept.db", "--tag", "t", "--scope", "ana"],
      2,
      /--tag.*--scope/,
    ],
    [
      "an empty tag after a good one",
      ["clear", "--cache", "sqlite:./kept.db", "--tag", "t", "--tag", ""],
      2,
      /tag/,
    ],
    ["an empty tag", ["clear", "--cache", "sqlite:./kept.db", "--tag", ""], 2, /tag/],
    ["a bad prefix", ["clear", "--cache", "sqlite:./kept.db", "--prefix", "a//b"], 2, /prefix/],
    ["no cache", ["stats"], 2, /--cache/],
    [
      "a file that is not there",
      ["stats", "--cache", "sqlite:./none.db"],
      2,
      /none\.db does not exist/,
    ],
    ["no file", ["clear", "--all", "--cache", "sqlite:"], 2, /names no file/],
    [
      "another address",
      ["stats", "--cache", "mongodb://u:secret@h/d"],
      2,
      /mongodb:\/\/u:\*\*\*@h/,
    ],
    [
      "a bad namespace",
      ["clear", "--all", "--cache", "sqlite:./kept.db", "--namespace", "a b"],
      2,
      /namespace/,
    ],
    ["no server", ["stats", "--cache", "redis://127.0.0.1:1"], 3, /127\.0\.0\.1:1/],
    ["no server to clear", ["clear", "--all", "--cache", "redis://127.0.0.1:1"], 3, /palimpsest: /],
  ])("%s", async (_, args, code, line) => {
    await using app = await application("kept.db");
    await app.ask("ana", "a", ["t"]);
    const outcome = await runInside(["cache", ...args], { cwd });
    expect(outcome).toEqual({ code, stdout: "", stderr: expect.stringMatching(line) });
    expect(outcome.stderr).toMatch(/^palimpsest: [^\n]+\n$/);
    expect(await app.cache.get(keyOf("ana", "a"))).toBe("answer a");
  });
});
