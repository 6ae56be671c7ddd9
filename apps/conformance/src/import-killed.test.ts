import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { ImportReport } from "@palimpsest/migration";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Child, type Ended } from "./fixtures/child-process.ts";
import { openTarget } from "./fixtures/sqlite-target.ts";
import { writeV1Facts } from "./fixtures/v1-facts.ts";

const long = process.env["PALIMPSEST_LONG"] === "1";
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "import-killed-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Processes that have loaded their code and wait, so that starting one costs no time between kills. */
class WarmChildren implements Disposable {
  readonly #start: () => Child;
  readonly #waiting: Child[] = [];

  constructor(source: string, path: string) {
    this.#start = () => startImport(source, path);
  }

  async next(): Promise<Child> {
    const child = this.#waiting.shift() ?? this.#start();
    this.#waiting.push(this.#start());
    await child.said("ready");
    return child;
  }

  [Symbol.dispose](): void {
    for (const child of this.#waiting) child.kill();
  }
}

function startImport(source: string, path: string): Child {
  return new Child("import-child.ts", [source, path], join(folder, "compiled"));
}

function reportOf(out: string): ImportReport | undefined {
  const line = out.split("\n").find((text) => text.startsWith("{"));
  return line === undefined ? undefined : (JSON.parse(line) as ImportReport);
}

async function undisturbed(
  source: string,
  path: string,
): Promise<{ report: ImportReport; milliseconds: number }> {
  const child = startImport(source, path);
  await child.said("ready");
  const started = performance.now();
  child.go();
  await child.said('{"read"');
  const milliseconds = performance.now() - started;
  const { out, errors } = await child.ended;
  const report = reportOf(out);
  if (!report) throw new Error(errors);
  return { report, milliseconds };
}

/** @returns what is wrong with a store that should hold every fact exactly once */
async function problemsOf(path: string, facts: number): Promise<string[]> {
  await using target = await openTarget(path);
  const { healthy, problems } = await target.store.checkConsistency();
  const keys = new Map<unknown, number>();
  for await (const { metadata } of target.store.scan()) {
    keys.set(metadata["key"], (keys.get(metadata["key"]) ?? 0) + 1);
  }
  const once = [...keys.values()].filter((times) => times === 1).length;
  return [
    ...(healthy ? [] : [`inconsistent: ${JSON.stringify(problems)}`]),
    ...(once === facts && keys.size === facts ? [] : [`${once} facts are there once`]),
  ];
}

interface Killed {
  readonly kills: number;
  /** Empty when every store ended right; names the moments of the kills before it otherwise. */
  readonly problems: readonly string[];
}

/**
 * Kills imports at random moments, again and again into the same store until one gets through, then
 * into a new store.
 */
async function killOften(source: string, facts: number, kills: number): Promise<Killed> {
  // Twice: the first fills the cache of compiled code.
  await undisturbed(source, join(folder, `first-${facts}.db`));
  const { report, milliseconds } = await undisturbed(source, join(folder, `calm-${facts}.db`));
  const again = { ...report, imported: 0, unchanged: facts };
  const problems: string[] = [];
  let killed = 0;
  let longest = milliseconds;
  for (let store = 0; killed < kills; store++) {
    const path = join(folder, `killed-${facts}-${store}.db`);
    using children = new WarmChildren(source, path);
    const moments: number[] = [];
    let mayBeDone = false;
    let ended: ImportReport | undefined;
    while (!ended) {
      const moment = killed < kills ? Math.random() * longest : undefined;
      const { out, errors } = await run(await children.next(), moment);
      ended = reportOf(out);
      // What was measured on a busier machine would kill nothing any more.
      if (ended && moment !== undefined) longest = Math.min(longest, moment);
      if (ended) break;
      killed++;
      moments.push(Math.round(moment ?? -1));
      mayBeDone ||= out.includes("finishing");
      if (errors !== "") problems.push(`after ${moments.join(", ")} ms: ${errors}`);
      if (moment === undefined) break;
    }
    // A kill between the last durable step and the printed report leaves a finished import.
    const expected = mayBeDone && ended?.imported === 0 ? again : report;
    const wrong = await problemsOf(path, facts);
    if (!isDeepStrictEqual(ended, expected)) wrong.push(JSON.stringify(ended));
    problems.push(...wrong.map((problem) => `after ${moments.join(", ")} ms: ${problem}`));
  }
  return { kills: killed, problems };
}

async function run(child: Child, killAfter: number | undefined): Promise<Ended> {
  child.go();
  if (killAfter !== undefined) {
    await Promise.race([sleep(killAfter), child.ended]);
    child.kill();
  }
  return child.ended;
}

test(
  "an import of 2,000 facts killed at 50 random moments is finished by the next run",
  { timeout: 900_000 },
  async () => {
    const source = join(folder, "v1-2000.sqlite");
    writeV1Facts(source, 2000);
    const before = readFileSync(source);
    expect(await killOften(source, 2000, 50)).toEqual({ kills: 50, problems: [] });
    expect(readFileSync(source)).toEqual(before);
  },
);

test.runIf(long)(
  "an import of 20,000 facts killed at 5 random moments is finished by the next run",
  { timeout: 900_000 },
  async () => {
    const source = join(folder, "v1-20000.sqlite");
    writeV1Facts(source, 20_000);
    expect(await killOften(source, 20_000, 5)).toEqual({ kills: 5, problems: [] });
  },
);
