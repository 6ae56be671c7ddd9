import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanEnv, command, runProcess } from "../fixtures/run-cli.ts";
import { TestFolder } from "../fixtures/test-files.ts";

const folder = new TestFolder();
const cwd = folder.path;
afterAll(() => folder[Symbol.dispose]());

/** Far more than a pipe holds, so that whoever writes it waits for its reader. */
const records = Array.from({ length: 5_000 }, (_, id) => ({
  id,
  key: `k${id}`,
  value: "v".repeat(40),
}));

beforeAll(() => {
  writeFileSync(folder.at("many.json"), JSON.stringify(records));
  writeFileSync(
    folder.at("many.jsonl"),
    records.map((record) => `${JSON.stringify(record)}\n`).join(""),
  );
});

const tasks = ["pack", "unpack", "tokens", "dedupe"];
const run = command.map((part) => `'${part}'`).join(" ");

describe("a stop while standard input is still coming", () => {
  it.each(
    tasks.flatMap((task) => [[task, "SIGINT", 130] as const, [task, "SIGTERM", 143] as const]),
  )("%s, by %s: exit %i, one line, and nothing on stdout", async (task, signal, code) => {
    const [file = "", ...args] = [...command, task];
    const child = spawn(file, args, { cwd, env: cleanEnv() });
    const ended = Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
    // Told as written once most of it was read: then the command runs.
    await new Promise((resolve) =>
      child.stdin.write(JSON.stringify(records).slice(0, -9), resolve),
    );
    child.kill(signal);
    const [[exit], stdout, stderr] = await ended;
    expect({ exit, stdout, stderr }).toEqual({
      exit: code,
      stdout: "",
      stderr: `palimpsest: stopped by ${signal}; nothing was changed; run the same command again\n`,
    });
  });
});

describe("a reader that has enough", () => {
  it.each(["pack many.json", "pack many.json --json", "dedupe many.json", "dedupe many.jsonl"])(
    "%s ends in silence and with 0",
    async (line) => {
      const script = `{ ${run} ${line}; echo "exit $?" >&2; } | head -c 5 > head.txt`;
      const { stderr } = await runProcess(["sh", "-c", script], { cwd });
      expect(stderr).toBe("exit 0\n");
      expect(readFileSync(folder.at("head.txt"))).toHaveLength(5);
    },
  );
});

describe.skipIf(!existsSync("/dev/full"))(
  "an output that takes nothing (skipped without /dev/full)",
  () => {
    it.each(["pack many.json", "dedupe many.json", "dedupe many.jsonl", "tokens many.json"])(
      "%s says so in one line, and does not count as done",
      async (line) => {
        const { code, stderr } = await runProcess(["sh", "-c", `${run} ${line} > /dev/full`], {
          cwd,
        });
        expect(stderr).toMatch(/^palimpsest: ENOSPC[^\n]*; free some space[^\n]*\n$/);
        expect(code).toBe(3);
      },
    );
  },
);
