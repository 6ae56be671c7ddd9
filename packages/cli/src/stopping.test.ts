import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { cleanEnv, command, runCli } from "./fixtures/run-cli.ts";
import { TestFolder, writeV1 } from "./fixtures/test-files.ts";

const folder = new TestFolder();
const cwd = folder.path;
afterAll(() => folder[Symbol.dispose]());

const facts = 4000;
const importing = ["import", "v1.sqlite", "--config", "config.json", "--json"];

it("stops at SIGINT, says how to resume, and the next run finishes", async () => {
  writeV1(folder.at("v1.sqlite"), facts);
  const store = { driver: "sqlite", path: "m.db", lockTimeout: 600_000 };
  writeFileSync(folder.at("config.json"), JSON.stringify({ store }));
  await runCli(["put", "--text", "here before", "--config", "config.json"], { cwd });
  // Another writer holds the import up, so that the signal cannot come when it is over.
  using holder = new DatabaseSync(folder.at("m.db"));
  holder.exec("BEGIN IMMEDIATE");
  const [file = "", ...args] = [...command, ...importing];
  const child = spawn(file, args, { cwd, env: cleanEnv(), stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const closed = new Promise((resolve) => child.on("close", resolve));
  while (!existsSync(folder.at("m.db-import.lock"))) await wait(5);
  child.kill("SIGINT");
  const code = await closed;
  holder.exec("ROLLBACK");
  expect({ code, stderr }).toEqual({
    code: 130,
    stderr:
      "palimpsest: stopped by SIGINT; what was imported stays; run the same command again to go on\n",
  });
  const again = await runCli(importing, { cwd });
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({
    read: facts,
    imported: facts,
    unchanged: 0,
    verified: facts,
    mismatches: 0,
  });
});

it("says nothing when the reader of an export goes away", async () => {
  const [file = "", ...args] = [...command, "export", "--store", "sqlite:./m.db"];
  const child = spawn(file, args, { cwd, env: cleanEnv(), stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdout.once("data", () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
