import { stripVTControlCharacters } from "node:util";
import { isPalimpsestError, redactUrls } from "@palimpsest/core";
import { CommanderError } from "commander";
import { systemCode } from "./exit-code.ts";

const remedies: Readonly<Record<string, string>> = {
  ENOENT: "check the path",
  ENOTDIR: "check the path",
  EISDIR: "name a file, not a folder",
  EACCES: "check the permissions, or choose another folder",
  EPERM: "check the permissions, or choose another folder",
  EROFS: "choose a folder that can be written",
  ENOSPC: "free some space and run the command again",
  EDQUOT: "free some space and run the command again",
};

/** A failure as one line: what went wrong, with which input, and what to do. */
export function describeFailure(error: unknown, command: string | undefined): string {
  const line = messageOf(error, command).replaceAll(/\s*\n\s*/g, " ");
  return `palimpsest: ${stripVTControlCharacters(redactUrls(line)).trim()}`;
}

function messageOf(error: unknown, command: string | undefined): string {
  if (error instanceof CommanderError) {
    const help = command === undefined ? "palimpsest --help" : `palimpsest ${command} --help`;
    return `${error.message.replaceAll(/^error: |\.$/g, "")}; see ${help}`;
  }
  if (isPalimpsestError(error)) return error.message;
  const code = systemCode(error);
  const remedy = code === undefined ? undefined : remedies[code];
  if (error instanceof Error && remedy !== undefined) return `${error.message}; ${remedy}`;
  const message = error instanceof Error ? error.message : String(error);
  return `unexpected failure: ${message}; run again with PALIMPSEST_DEBUG=1 for the stack`;
}
