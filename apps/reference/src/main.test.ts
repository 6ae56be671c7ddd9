import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const main = join(import.meta.dirname, "main.ts");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-reference-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["--conditions=@palimpsest/source", main, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], INIT_CWD: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...output }));
  return { child, output, ended };
}

it("adopts the sample once, repeats its report later, and never again imports what was deleted", async () => {
  const first = await start(["--once"]).ended;
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toMatch(/adopted now[^]*rows read +1387[^]*verified +1387[^]*mismatches +0/);
  expect(first.stdout.split("\n").every((line) => line.length <= 80)).toBe(true);
  const second = await start(["--once"]).ended;
  expect(second.stdout).toBe(first.stdout.replace("adopted now", "adopted at an earlier start"));
  expect(readdirSync(folder)).toEqual([".palimpsest"]);
});

it("serves until SIGTERM, then leaves the store closed", async () => {
  const { child, output, ended } = start(["--port", "0"]);
  while (!output.stdout.includes("Ctrl-C stops.")) await once(child.stdout, "data");
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output.stdout)?.[0] ?? "";
  const response = await fetch(`${url}/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "favourite sport", k: 5 }),
  });
  const { hits } = (await response.json()) as { hits: unknown[] };
  expect(hits).toHaveLength(5);
  child.kill("SIGTERM");
  const { code, stderr } = await ended;
  expect(code).toBe(0);
  expect(stderr).toContain('"route":"/search"');
  expect(stderr).not.toContain("favourite");
  // A closed SQLite store has folded its log back into the file.
  expect(readdirSync(join(folder, ".palimpsest")).filter((name) => name.endsWith("-wal"))).toEqual(
    [],
  );
});

it("leaves a store that the user named without the sample", async () => {
  const { code, stdout } = await start(["--once"], { PALIMPSEST_STORE: "sqlite:./own.db" }).ended;
  expect([code, stdout]).toEqual([0, ""]);
});

it("says which port is taken and how to choose another", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await start(["--port", String(port)], { PALIMPSEST_STORE: "memory:" })
    .ended;
  other.close();
  expect(code).toBe(3);
  expect(stderr).toMatch(
    new RegExp(`^palimpsest: cannot listen on 127.0.0.1:${port} \\(EADDRINUSE\\).*--port`, "m"),
  );
});

it("refuses a flag with a typo in one line", async () => {
  const { code, stderr } = await start(["--onec"]).ended;
  expect(code).toBe(2);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("--onec");
});
