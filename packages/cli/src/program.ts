import { Command } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { cacheCommand } from "./commands/cache.ts";
import { chaosCommand } from "./commands/chaos.ts";
import { contextCommand } from "./commands/context.ts";
import { dedupeCommand } from "./commands/dedupe.ts";
import { deleteCommand } from "./commands/delete.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { exportCommand } from "./commands/export.ts";
import { getCommand } from "./commands/get.ts";
import { importCommand } from "./commands/import.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { packCommand } from "./commands/pack.ts";
import { putCommand } from "./commands/put.ts";
import { reembedCommand } from "./commands/reembed.ts";
import { repairCommand } from "./commands/repair.ts";
import { searchCommand } from "./commands/search.ts";
import { statsCommand } from "./commands/stats.ts";
import { tokensCommand } from "./commands/tokens.ts";
import { unpackCommand } from "./commands/unpack.ts";
import type { Host } from "./host.ts";
import type { Session } from "./session.ts";

const commands = [
  importCommand,
  inspectCommand,
  searchCommand,
  contextCommand,
  getCommand,
  putCommand,
  deleteCommand,
  exportCommand,
  statsCommand,
  doctorCommand,
  repairCommand,
  reembedCommand,
  packCommand,
  unpackCommand,
  tokensCommand,
  dedupeCommand,
  chaosCommand,
  cacheCommand,
];

/** The command line; nothing is opened before a command runs. */
export function buildProgram(host: Host, exitWith: Session["exitWith"]): Command {
  const program = new Command("palimpsest")
    .description("Durable memory for LLM applications: import, search, check and repair.")
    .version(packageJson.version)
    .exitOverride()
    // Options after a command are its own: `import dualstore` shares names with `import`.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
      // The message is in the error that follows; `run` prints it as one line.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(host.stdout.columns ?? 80, 100),
    })
    .addHelpText("after", footer);
  for (const add of commands) add(program, { host, exitWith });
  return program;
}

const footer = `
Stores: sqlite:./data/memory.db, sqlite:/abs.db, memory:. Without --store the
variable PALIMPSEST_STORE counts, else sqlite:./.palimpsest/memory.db.

Exit codes: 0 done; 1 it ran and found something wrong; 2 wrong usage, bad or
unsupported input, read-only; 3 locked, full or unreachable; 130 stopped.

Examples:
  $ palimpsest import luminora.db --to sqlite:./memory.db
  $ palimpsest search "favourite sport" --store sqlite:./memory.db --k 5
  $ palimpsest doctor --store sqlite:./memory.db --json`;
