import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasV1Servers, V1Servers } from "./fixtures/v1-servers.ts";

const root = join(import.meta.dirname, "../../..");
const fixtures = join(import.meta.dirname, "fixtures");
const guide = readFileSync(join(root, "docs/migration-from-dual-store.md"), "utf8");
const run = promisify(execFile);
const fromSources = ["--conditions=@palimpsest/source", "--no-warnings"];

/** The guide's code by the file that it is kept in, in the guide's order. */
const examples = [...guide.matchAll(/<!-- run: ([a-z-]+\.ts) -->\n\n```ts\n(.*?)```/gs)].map(
  ([, file = "", code = ""]) => ({ file, code }),
);

it("every piece of code in the guide is one that the tests run", () => {
  expect(guide.split("```ts\n").length - 1).toBe(examples.length);
  const files = readdirSync(fixtures).filter((name) => name.startsWith("dual-store-"));
  expect(examples.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
  for (const { file, code } of examples) {
    expect(code).toBe(readFileSync(join(fixtures, file), "utf8"));
  }
});

describe.skipIf(!hasV1Servers)("the guide, step by step in its own order", () => {
  const folder = mkdtempSync(join(tmpdir(), "dual-store-guide-"));
  const v1 = new V1Servers();
  beforeAll(() => v1.start("thoughts"));
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await v1[Symbol.asyncDispose]();
  });

  const env = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
    PATH: process.env["PATH"],
    ...v1.env,
    ...more,
  });

  /** The command of the guide's second phase, with the names and addresses of this test. */
  async function importAsTheGuideSays(): Promise<void> {
    const [, command = ""] = /```sh\n(palimpsest import .*?)```/s.exec(guide) ?? [];
    const words = command
      .replaceAll(/\\\n/g, " ")
      .replaceAll("duck", v1.agent)
      .replaceAll("mongodb://localhost:27017", v1.env["MONGODB_URI"] ?? "")
      .replaceAll("http://localhost:8000", v1.env["CHROMA_URL"] ?? "")
      .trim()
      .split(/\s+/);
    const cli = join(root, "packages/cli/src/main.ts");
    await run(process.execPath, [...fromSources, cli, ...words.slice(1)], {
      cwd: folder,
      env: env(),
    });
  }

  const start = async (file: string, more?: Record<string, string>): Promise<string[]> => {
    const args = [...fromSources, join(fixtures, file)];
    const { stdout } = await run(process.execPath, args, { cwd: folder, env: env(more) });
    return stdout.trimEnd().split("\n");
  };

  it("variables alone do not turn to a place that was never filled", async () => {
    await expect(start(configuration, variables())).rejects.toMatchObject({
      stderr: expect.stringContaining("has no documents yet"),
    });
  });

  it.each(examples)("$file prints what its comments say", async (example) => {
    const { file, code } = example;
    const promised = [...code.matchAll(/console\.log.*; \/\/ (.*)/g)].map(([, comment]) => comment);
    const isConfigured = file === configuration;
    if (isConfigured) await importAsTheGuideSays();
    expect(await start(file, isConfigured ? variables() : {})).toEqual(promised);
  });
});

const configuration = "dual-store-configuration.ts";

/** The variables of the guide's second phase. */
function variables(): Record<string, string> {
  const [, lines = ""] = /```sh\n(PRIMARY_DRIVER=.*?)```/s.exec(guide) ?? [];
  return Object.fromEntries([...lines.matchAll(/^(\w+)=(\S+)/gm)].map(([, k, v]) => [k, v]));
}
