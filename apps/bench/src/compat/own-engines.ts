import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Addresses of servers, and how to end those that were started for them. */
export interface Engines extends AsyncDisposable {
  readonly mongoUrl: string;
  readonly chromaUrl: string;
}

/** The servers that MONGODB_URL and CHROMA_URL name; others are started for as long as they are needed. */
export async function openEngines(): Promise<Engines> {
  const child = spawn(process.execPath, [scriptPath(), "keep"], {
    env: { ...process.env, ENGINES: "mongodb,chroma" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const printed = await addresses(child);
  return {
    mongoUrl: printed.get("PALIMPSEST_TEST_MONGODB_URL") ?? "",
    chromaUrl: printed.get("PALIMPSEST_TEST_CHROMA_URL") ?? "",
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

async function addresses(child: ChildProcess): Promise<Map<string, string>> {
  let out = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
  const ended = once(child, "exit").then(() => {
    throw new Error("the engines did not start; run npm run engines:install first");
  });
  const found = (): Map<string, string> =>
    new Map(
      [...out.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = "", url = ""]) => [name, url]),
    );
  while (found().size < 2) {
    await Promise.race([once(child.stdout ?? child, "data"), ended]);
  }
  ended.catch(() => undefined);
  return found();
}

/** Above this file, whether it runs from the sources or from dist. */
function scriptPath(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, "scripts/engines/run.mjs");
    if (existsSync(path)) return path;
  }
  throw new Error("scripts/engines/run.mjs is not above the benchmark; run it in the repository");
}
