import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const harness = fileURLToPath(new URL("../../../../scripts/engines/run.mjs", import.meta.url));

/** Addresses of the engines. */
export interface EngineUrls {
  readonly postgres: string;
  readonly mongodb: string;
  readonly chroma: string;
}

/** @returns undefined when one is missing */
export function engineUrls(): EngineUrls | undefined {
  const {
    PALIMPSEST_TEST_POSTGRES_URL: postgres,
    PALIMPSEST_TEST_MONGODB_URL: mongodb,
    PALIMPSEST_TEST_CHROMA_URL: chroma,
  } = process.env;
  if (!postgres || !mongodb || !chroma) return undefined;
  return { postgres, mongodb, chroma };
}

/**
 * Runs this very command again with the engines around it, and ends as it ended. The harness starts
 * what the environment does not name, and says what is missing.
 */
export async function rerunUnderEngines(): Promise<never> {
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, ENGINES: "postgres,mongodb,chroma" };
  const child = spawn(process.execPath, [harness, "exec", ...command], { stdio: "inherit", env });
  // The terminal interrupts the child as well; a kill must be passed on.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
}
