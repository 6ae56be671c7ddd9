import "reflect-metadata";
import { existsSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runInside } from "./fixtures/fake-host.ts";
import { runCli } from "./fixtures/run-cli.ts";
import { TestFolder } from "./fixtures/test-files.ts";
import { Stop } from "./stop.ts";
import { hasServers, manifestOf, V1Deployment } from "./fixtures/v1-deployment.ts";

// Some tests start several processes, on a machine that may be busy.
const families = ["thoughts", "discord", "sessions", "agent-tasks"] as const;

describe.skipIf(!hasServers)("an older family", () => {
  const folder = new TestFolder();
  const v1 = new V1Deployment();
  const cwd = folder.path;
  beforeAll(async () => {
    for (const name of families) await v1.load(name);
  });
  afterAll(async () => {
    folder[Symbol.dispose]();
    await v1[Symbol.asyncDispose]();
  });

  const cli = (...args: string[]) => runInside(args, { cwd });

  async function json(...args: string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await cli(...args, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it.each(families)("inspect prints exactly the manifest's counts of %s", async (name) => {
    const { stdout, ...ended } = await runCli(
      ["inspect", "dualstore", ...v1.args(name), "--json"],
      { cwd },
    );
    expect(ended).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject(manifestOf(name));
  });

  it("inspect tells people the same", async () => {
    const { code, stdout } = await cli("inspect", "dualstore", ...v1.args("sessions"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/documents +120\nvectors +111\nduplicate ids +6\n/);
    expect(stdout).toMatch(/vector without document: /);
  });

  it("imports all, then nothing; the store is healthy and finds what v1 held", async () => {
    const args = ["import", "dualstore", ...v1.args("sessions"), "--to", "sqlite:./d.db"];
    const { stdout, ...ended } = await runCli([...args, "--json"], { cwd });
    expect(ended).toEqual({ code: 0, stderr: "" });
    const first = JSON.parse(stdout) as Record<string, unknown>;
    expect(first).toMatchObject({ read: 123, imported: 123, verified: 123, mismatches: 0 });
    expect(first).toMatchObject({ quarantined: 0, tables: { documents: 120, vectors: 3 } });
    expect(await json(...args)).toEqual({ ...first, imported: 0, unchanged: 123 });
    expect(await json("doctor", "--store", "sqlite:./d.db")).toMatchObject({
      healthy: true,
      documents: 123,
    });
    const found = await json("search", "budget review", "--store", "sqlite:./d.db", "--k", "3");
    expect(found["hits"]).toHaveLength(3);
  });

  it("stopped, it says how to go on, and the next run finishes", async () => {
    const stop = new AbortController();
    stop.abort(new Stop("SIGINT"));
    const args = ["import", "dualstore", ...v1.args("thoughts"), "--to", "sqlite:./stopped.db"];
    const { code, stderr } = await runInside(args, { cwd, signal: stop.signal });
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: expect.stringContaining("run the same command again"),
    });
    expect(await json(...args)).toMatchObject({ imported: 123, verified: 123 });
  });

  it("puts a family into a tenant of its own", async () => {
    const to = ["--to", "sqlite:./scopes.db", "--scope", "discord"];
    await json("import", "dualstore", ...v1.args("discord"), ...to);
    const one = await json("stats", "--store", "sqlite:./scopes.db");
    expect(one["documents"]).toBe(123);
    const { stdout } = await cli("import", "dualstore", ...v1.args("discord"), ...to);
    expect(stdout).toMatch(/unchanged +123\n/);
    expect(stdout).toMatch(/ {2}older-revision +8\n/);
  });

  it("a wrong family or address leaves no store behind and says what is there", async () => {
    const to = ["--to", "sqlite:./none.db"];
    const wrong = await cli("import", "dualstore", ...v1.args("nobody"), ...to);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(`${v1.agent}_sessions`);
    const away = ["--mongo", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200"];
    const unreachable = await cli("import", "dualstore", ...v1.args("sessions"), ...away, ...to);
    expect(unreachable.code).toBe(3);
    const noVectors = ["--chroma", "http://127.0.0.1:1"];
    const half = await cli("import", "dualstore", ...v1.args("sessions"), ...noVectors, ...to);
    expect(half.code).toBe(3);
    expect(existsSync(folder.at("none.db"))).toBe(false);
  });

  it("does not write what another source put under an id", async () => {
    const { stdout } = await cli("inspect", "dualstore", ...v1.args("thoughts"), "--json");
    const { samples } = JSON.parse(stdout) as { samples: { duplicateIds: { id: string }[] } };
    const id = samples.duplicateIds[0]?.id ?? "";
    const at = ["--store", "sqlite:./mine.db"];
    await cli("put", id, "mine", ...at);
    writeFileSync(folder.at("mine.jsonl"), `${JSON.stringify({ id, text: "mine" })}\n`);
    await cli("import", "mine.jsonl", "--to", "sqlite:./mine.db");
    const args = ["import", "dualstore", ...v1.args("thoughts"), "--to", "sqlite:./mine.db"];
    const { code, stderr } = await cli(...args);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("1 quarantined"),
    });
    expect((await json("get", id, ...at))["text"]).toBe("mine");
  });
});
