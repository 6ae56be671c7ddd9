import "reflect-metadata";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { createContainer, loadConfig } from "@palimpsest/container";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanEnv, command, runCli } from "./fixtures/run-cli.ts";
import { TestFolder } from "./fixtures/test-files.ts";
import { hasServers, V1Deployment } from "./fixtures/v1-deployment.ts";

const long = process.env["PALIMPSEST_LONG"] === "1";

describe.skipIf(!hasServers)("an import killed at random moments", () => {
  const folder = new TestFolder();
  const cwd = folder.path;
  const v1 = new V1Deployment();
  beforeAll(async () => {
    await v1.fill("small", 2_000);
    if (long) await v1.fill("large", 20_000);
  });
  afterAll(async () => {
    folder[Symbol.dispose]();
    await v1[Symbol.asyncDispose]();
  });

  const argsOf = (family: string, file: string): string[] => [
    "import",
    "dualstore",
    ...v1.args(family),
    "--json",
    "--to",
    `sqlite:./${file}`,
  ];

  /** Every document of a store with its digest. */
  async function contentOf(file: string): Promise<Record<string, string>> {
    const config = loadConfig({ explicit: { store: `sqlite:${folder.at(file)}` }, env: {} });
    await using app = await createContainer(config, { worker: false });
    const content: Record<string, string> = {};
    for await (const { id, digest } of app.store.scan()) content[id] = digest;
    return content;
  }

  /** @returns what it printed; undefined when the kill came first */
  async function killedAfter(milliseconds: number, args: readonly string[]): Promise<unknown> {
    const [file = "", ...rest] = command;
    const child = spawn(file, [...rest, ...args], { cwd, env: cleanEnv() });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    const closed = once(child, "close");
    await Promise.race([sleep(milliseconds), closed]);
    child.kill("SIGKILL");
    await closed;
    return out === "" ? undefined : (JSON.parse(out) as unknown);
  }

  async function timed(args: readonly string[]): Promise<{ stdout: string; took: number }> {
    const started = performance.now();
    const { stdout, stderr, code } = await runCli(args, { cwd });
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    return { stdout, took: performance.now() - started };
  }

  async function killOften(family: string, kills: number): Promise<string[]> {
    const start = (await timed(["import", "dualstore", "--help"])).took;
    const calm = await timed(argsOf(family, `${family}-calm.db`));
    const report = JSON.parse(calm.stdout) as { imported: number };
    const again = { ...report, imported: 0, unchanged: report.imported };
    const content = await contentOf(`${family}-calm.db`);
    const problems: string[] = [];
    let [earliest, latest] = [start, calm.took];
    let killed = 0;
    for (let store = 0; killed < kills; store++) {
      const args = argsOf(family, `${family}-${store}.db`);
      const moments: number[] = [];
      let ended: unknown;
      while (ended === undefined && killed < kills) {
        const moment = Math.round(earliest + Math.random() * (latest - earliest));
        moments.push(moment);
        ended = await killedAfter(moment, args);
        if (ended === undefined) killed++;
        // What was measured on a busier machine would kill nothing any more.
        else [earliest, latest] = [Math.min(earliest, moment / 2), Math.min(latest, moment)];
      }
      ended ??= JSON.parse((await timed(args)).stdout);
      // A kill between the last durable step and the printed report leaves a finished import.
      const right = isDeepStrictEqual(ended, report) || isDeepStrictEqual(ended, again);
      if (!right) problems.push(`after ${moments.join(", ")} ms: ${JSON.stringify(ended)}`);
      if (!isDeepStrictEqual(await contentOf(`${family}-${store}.db`), content)) {
        problems.push(`after ${moments.join(", ")} ms: other documents`);
      }
      const doctor = await timed(["doctor", "--json", "--store", `sqlite:./${family}-${store}.db`]);
      if (!(JSON.parse(doctor.stdout) as { healthy: boolean }).healthy) {
        problems.push(`after ${moments.join(", ")} ms: ${doctor.stdout}`);
      }
    }
    return problems;
  }

  it("is finished by the next run: 2,000 documents, 10 kills", async () => {
    expect(await killOften("small", 10)).toEqual([]);
  });

  it.runIf(long)(
    "is finished by the next run: 20,000 documents, 20 kills",
    { timeout: 900_000 },
    async () => {
      expect(await killOften("large", 20)).toEqual([]);
    },
  );
});
