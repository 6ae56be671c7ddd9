import { isPalimpsestError } from "@palimpsest/core";
import { type Command, CommanderError } from "commander";
import { describeFailure } from "./failure.ts";
import { type ExitCode, exitCodeOf } from "./exit-code.ts";
import { type Host, note } from "./host.ts";
import { buildProgram } from "./program.ts";
import { Stop } from "./stop.ts";

/** Runs one command line without the program's name. @returns the exit code; never throws */
export async function run(argv: readonly string[], host: Host): Promise<ExitCode> {
  const outcome: { code: ExitCode } = { code: 0 };
  const program = buildProgram(host, (code) => {
    outcome.code = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return outcome.code;
  } catch (error) {
    return report(error, host, commandOf(program, argv));
  }
}

function report(error: unknown, host: Host, names: readonly string[]): ExitCode {
  const stop: unknown = host.signal.reason;
  if (stop instanceof Stop && isAbort(error)) {
    note(host, `palimpsest: stopped by ${stop.name}; ${resumeHint(names[0])}`);
    return stop.exitCode;
  }
  const code = exitCodeOf(error);
  // Help and version were printed already; a reader that went away wants to hear nothing.
  if (code === 0) return code;
  if (!isHelp(error)) note(host, describeFailure(error, names.join(" ") || undefined));
  if (host.env["PALIMPSEST_DEBUG"] && error instanceof Error) note(host, error.stack ?? "");
  return code;
}

function resumeHint(command: string | undefined): string {
  switch (command) {
    case "import":
      return "what was imported stays; run the same command again to go on";
    case "reembed":
      return "what was embedded stays; run the same command again to go on";
    case "repair":
    case "delete":
      return "what was done stays; run the same command again to go on";
    default:
      return "nothing was changed; run the same command again";
  }
}

/** By the library's own error or by a stream of Node.js that took the signal. */
function isAbort(error: unknown): boolean {
  return (
    isPalimpsestError(error, "E_ABORTED") || (error instanceof Error && error.name === "AbortError")
  );
}

/** Called without a command, commander prints the help itself and then fails. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.code === "commander.help";
}

/** The names of the command and of those within it, as far as the line names them. */
function commandOf(program: Command, argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => program.commands.some((known) => known.name() === word));
  const found = program.commands.find((known) => known.name() === argv[at]);
  return found ? [found.name(), ...commandOf(found, argv.slice(at + 1, at + 2))] : [];
}
