import "reflect-metadata";
import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { runInside } from "./fixtures/fake-host.ts";
import { TestFolder } from "./fixtures/test-files.ts";
import { Stop } from "./stop.ts";

const folder = new TestFolder();
const cwd = folder.path;
afterAll(() => folder[Symbol.dispose]());

async function run(env: Record<string, string>, ...args: string[]) {
  return runInside(args, { cwd, env });
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await runInside([...args, "--json"], { cwd });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function fill(...where: string[]): Promise<void> {
  for (const [id, text] of [
    ["tea", "Ana drinks green tea"],
    ["sport", "Ana climbs on Thursdays"],
  ] as const) {
    await json("put", "--id", id, "--text", text, ...where);
  }
}

describe("vectors in another engine", () => {
  const where = ["--store", "sqlite:./docs.db", "--vectors", "sqlite:./vectors.db"];

  it("doctor reads both, stats names where they are", async () => {
    await fill(...where);
    expect(await json("doctor", ...where, "--full")).toEqual({
      healthy: true,
      documents: 2,
      unindexed: 0,
      vectors: 2,
      missing: 0,
      orphans: 0,
      stale: 0,
      quarantined: 0,
      ratio: 1,
      pending: 0,
      problems: [],
    });
    expect(await json("stats", ...where)).toMatchObject({
      vectors: 2,
      vectorEngine: "sqlite",
      queue: { consistency: "strict", maxBacklog: 100_000 },
    });
    const limited = await json("doctor", ...where, "--limit", "1");
    expect(limited).toMatchObject({ documents: 1, complete: false, next: { id: "sport" } });
    expect(await json("doctor", ...where, "--id", "tea")).toMatchObject({ state: "indexed" });
    const absent = await run({}, "doctor", ...where, "--id", "never");
    expect(absent).toMatchObject({ code: 0, stdout: "never: absent\n" });
  });

  it("an empty engine needs --allow-empty, then repair fills it", async () => {
    const moved = ["--store", "sqlite:./docs.db", "--vectors", "sqlite:./other.db"];
    const refused = await run({}, "doctor", ...moved);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/is empty.*--allow-empty/);
    const empty = await run({}, "doctor", ...moved, "--allow-empty");
    expect(empty).toMatchObject({ code: 1, stdout: expect.stringMatching(/missing +2/) });
    expect(await json("repair", ...moved)).toMatchObject({ queued: 2, healthy: true });
    expect(await json("doctor", ...moved)).toMatchObject({ healthy: true, vectors: 2 });
  });

  it("stats answers while the vector engine is down, and says so", async () => {
    const down = ["--store", "sqlite:./down.db", "--vectors", "chroma:http://127.0.0.1:9"];
    await fill("--store", "sqlite:./down.db");
    const { code, stdout } = await run({}, "stats", ...down, "--allow-empty");
    expect(code).toBe(1);
    expect(stdout).toMatch(/documents +2\nvectors +not known\n[^]*\nvectors: .*127\.0\.0\.1:9/);
    expect(await json("stats", ...down, "--allow-empty")).toMatchObject({
      documents: 2,
      vectors: null,
      outbox: { pending: 0 },
      vectorEngine: "chroma",
      problems: [{ role: "vectors", name: "chroma", code: "E_UNAVAILABLE" }],
    });
    expect((await run({}, "doctor", ...down, "--allow-empty")).code).toBe(3);
  });

  it("engines of later versions are named", async () => {
    const { code, stderr } = await run({}, "doctor", "--vectors", "qdrant:http://h:6333");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/vectors: no qdrant driver in this version/),
    });
  });
});

describe("reembed", () => {
  const where = ["--store", "sqlite:./reembed.db"];
  writeFileSync(
    folder.at("next.json"),
    JSON.stringify({ embedder: { driver: "hash", dimension: 64 } }),
  );

  it("switches the store to another embedder and can erase the old index later", async () => {
    await fill(...where);
    const before = await json("stats", ...where);
    const report = await json("reembed", ...where, "--config", "next.json");
    expect(report).toMatchObject({ embedded: 2, switched: true, dropped: false });
    const after = await json("stats", ...where);
    expect(after["embedder"]).toMatchObject({ dimension: 64 });
    expect(before["embedder"]).not.toMatchObject({ dimension: 64 });
    expect(await json("doctor", ...where)).toMatchObject({ healthy: true, vectors: 2 });
    const { hits } = await json("search", "green tea", ...where, "--mode", "vector");
    expect(hits).toMatchObject([{ id: "tea" }, { id: "sport" }]);
    const again = await run({}, "reembed", ...where, "--config", "next.json", "--drop-old");
    expect(again.stdout).toMatch(/was in use already\nthe old index was erased/);
  });

  it("takes the embedder from the environment, and needs one", async () => {
    const env = { PALIMPSEST_EMBEDDER: "hash", PALIMPSEST_EMBEDDER_DIMENSION: "96" };
    const { code, stdout } = await run(env, "reembed", ...where, "--drop-old");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/embedded +2[\s\S]*switched from/),
    });
    const none = await run({}, "reembed", ...where);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("--embedder") });
  });

  it("stopped, it says how to go on", async () => {
    const controller = new AbortController();
    controller.abort(new Stop("SIGINT"));
    const { code, stderr } = await runInside(["reembed", ...where, "--config", "next.json"], {
      cwd,
      signal: controller.signal,
    });
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: expect.stringMatching(/stopped by SIGINT; what was embedded stays; run the same/),
    });
    expect(await json("reembed", ...where, "--config", "next.json")).toMatchObject({ embedded: 2 });
  });
});
