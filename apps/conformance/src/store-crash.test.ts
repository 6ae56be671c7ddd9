import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { WriterLine } from "./fixtures/live-writer.ts";
import { openSqliteStore } from "./fixtures/open-sqlite-store.ts";

const rounds = 5;
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "palimpsest-crash-"));
  path = join(folder, "memory.db");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function run(script: string, args: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(`./fixtures/${script}.ts`, import.meta.url));
  return spawn(process.execPath, ["--conditions=@palimpsest/source", file, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function ended(child: ChildProcess): Promise<unknown> {
  return child.exitCode ?? child.signalCode ?? (await once(child, "exit"))[0];
}

/** Lets the writer write, kills it after `lines` lines, and returns all that it said until it died. */
async function killedAfter(lines: number, args: readonly string[]): Promise<WriterLine[]> {
  const child = run("live-writer", args);
  const said: WriterLine[] = [];
  if (child.stdout === null) throw new Error("the writer has no stdout");
  for await (const line of createInterface(child.stdout)) {
    said.push(JSON.parse(line) as WriterLine);
    if (said.length === lines) child.kill("SIGKILL");
  }
  await ended(child);
  return said;
}

test("SIGKILL during live writes: every acknowledged write is there, documents and indexes agree", async () => {
  const expected = new Map<string, string | null>();
  for (let round = 0; round < rounds; round++) {
    const said = await killedAfter(1 + Math.floor(Math.random() * 120), [path, String(round)]);
    for (const { phase, writes } of said) {
      if (phase === "ack") for (const [id, text] of Object.entries(writes)) expected.set(id, text);
    }
    const last = said.at(-1);
    const open = last?.phase === "try" ? last.writes : {};
    await using opened = await openSqliteStore(path);
    const { store } = opened;
    for (const [id, text] of expected) {
      const found = (await store.get({ id }))?.text ?? null;
      // A write that was never acknowledged may have happened or not.
      expect([text, ...(id in open ? [open[id]] : [])], `${id} in round ${round}`).toContain(found);
    }
    for (const id of Object.keys(open)) {
      expected.set(id, (await store.get({ id }))?.text ?? null);
    }
    await converge(opened.store);
  }
  expect(expected.size).toBeGreaterThan(0);
});

async function converge(
  store: Awaited<ReturnType<typeof openSqliteStore>>["store"],
): Promise<void> {
  await expect.poll(async () => (await store.flush()).pending, { timeout: 30_000 }).toBe(0);
  expect(await store.checkConsistency()).toMatchObject({ healthy: true, problems: [] });
}

test("two processes on one file lose nothing of each other", async () => {
  const times = 60;
  {
    await using opened = await openSqliteStore(path);
    await opened.store.insert({ id: "shared", text: "counted to 0", metadata: { count: 0 } });
  }
  const children = ["one", "two"].map((name) => run("counting-writer", [path, name, `${times}`]));
  expect(await Promise.all(children.map(ended))).toEqual([0, 0]);
  await using opened = await openSqliteStore(path);
  const { store } = opened;
  expect(await store.get({ id: "shared" })).toMatchObject({
    text: `counted to ${2 * times}`,
    metadata: { count: 2 * times },
  });
  expect(await store.checkConsistency()).toMatchObject({
    healthy: true,
    documents: 2 * times + 1,
    vectors: 2 * times + 1,
    pending: 0,
  });
});
