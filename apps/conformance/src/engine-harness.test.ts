import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const harness = join(import.meta.dirname, "../../../scripts/engines/run.mjs");
const printAddress = "console.log(process.env.PALIMPSEST_TEST_REDIS_URL)";

describe("the engine test harness", () => {
  let folder: string;
  let temporary: string;
  const harnesses: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "engine-harness-"));
    temporary = join(folder, "temporary");
    await mkdir(temporary);
  });
  afterEach(async () => {
    for (const child of harnesses.splice(0)) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  function start(args: string[], env: Record<string, string>) {
    const child = spawn(process.execPath, [harness, ...args], {
      env: { PATH: process.env.PATH, TMPDIR: temporary, ...env },
    });
    harnesses.push(child);
    return { child, finished: finish(child) };
  }

  async function finish(child: ChildProcess) {
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, "exit"),
    ]);
    return { stdout, stderr, code, left: await readdir(temporary) };
  }

  /** A folder for PATH in which `redis-server` is this script. */
  async function fakeRedis(script: string): Promise<string> {
    const file = join(folder, "redis-server");
    await writeFile(file, `#!${process.execPath}\n${script}`);
    await chmod(file, 0o755);
    return `${folder}${delimiter}${process.env.PATH}`;
  }

  it("passes the server that the caller named to the command, and the command's exit code back", async () => {
    const script = `${printAddress}; process.exit(7)`;
    const env = { ENGINES: "redis", REDIS_URL: "redis://elsewhere:1" };
    expect(await start(["exec", process.execPath, "-e", script], env).finished).toMatchObject({
      stdout: "redis://elsewhere:1\n",
      code: 7,
      left: [],
    });
  });

  it("prints shell exports and waits for an interruption", async () => {
    const env = { ENGINES: "redis", REDIS_URL: "redis://elsewhere:1" };
    const { child, finished } = start(["keep"], env);
    await once(child.stdout, "data");
    child.kill("SIGINT");
    expect(await finished).toMatchObject({
      stdout: "export PALIMPSEST_TEST_REDIS_URL='redis://elsewhere:1'\n",
      code: 0,
      left: [],
    });
  });

  it("refuses an engine that it does not know, and a task that it does not know", async () => {
    const [engine, task] = await Promise.all([
      start(["keep"], { ENGINES: "redis,oracle" }).finished,
      start(["serve"], { ENGINES: "redis" }).finished,
    ]);
    expect(engine).toMatchObject({ code: 2, stdout: "" });
    expect(engine.stderr).toContain("ENGINES names oracle; known are postgres");
    expect(task).toMatchObject({ code: 2, stdout: "" });
    expect(task.stderr).toContain("usage:");
  });

  it("runs nothing when an engine is missing, and says how to get or leave it out", async () => {
    const env = { ENGINES: "chroma,redis", CHROMA_URL: "http://elsewhere", PATH: folder };
    const result = await start(["exec", process.execPath, "-e", printAddress], env).finished;
    expect(result).toMatchObject({ code: 3, stdout: "", left: [] });
    expect(result.stderr).toMatch(
      /^redis: not installed here .*engines:install.*REDIS_URL=.*ENGINES=chroma\)/,
    );
  });

  it("shows the last words of a server that does not start", async () => {
    const path = await fakeRedis('console.error("no room for me"); process.exit(4)');
    const env = { ENGINES: "redis", PATH: path };
    const result = await start(["exec", process.execPath, "-e", printAddress], env).finished;
    expect(result).toMatchObject({ code: 3, stdout: "", left: [] });
    expect(result.stderr).toMatch(
      /redis: did not start: it ended with code 4; install it[^\n]+\n +no room for me/,
    );
  });

  it("stops waiting for a server when it is interrupted, and leaves no process", async () => {
    const pidFile = join(folder, "pid");
    const script = `require("fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000)`;
    const env = { ENGINES: "redis", PATH: await fakeRedis(script) };
    const { child, finished } = start(["keep"], env);
    const readPid = async (): Promise<number> => {
      const written = Number(await readFile(pidFile, "utf8"));
      expect(written).toBeGreaterThan(0);
      return written;
    };
    const pid = await vi.waitFor(readPid, { timeout: 30_000 });
    child.kill("SIGTERM");
    expect(await finished).toMatchObject({ code: 143, stdout: "", left: [] });
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});
