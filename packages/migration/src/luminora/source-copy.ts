import { type BigIntStats, constants } from "node:fs";
import { chmod, copyFile, open, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PalimpsestError, throwIfAborted } from "@palimpsest/core";
import { tempFolderError } from "../temp-folder.ts";

const suffixes = ["", "-wal", "-journal"] as const;
const attempts = 5;

/**
 * Copies an SQLite file with its -wal and -journal, so that the original is only ever read: SQLite
 * itself would write beside it. Locks of other processes do not matter to a copy; a source that
 * changes while being copied does, and is tried again.
 * @returns the path of the copy
 * @throws `E_NOT_FOUND`, `E_INVALID_INPUT`, `E_UNAVAILABLE`, `E_FULL`; `E_LOCKED` when it keeps changing
 */
export async function copySource(
  source: string,
  folder: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const target = join(folder, "source.sqlite");
  await checkSource(source);
  // SQLite keeps -wal and -journal beside the file itself, not beside a link to it.
  const file = await realpath(source);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    throwIfAborted(options.signal);
    if (await copyOnce(file, target)) return target;
    await sleep(50 * attempt);
  }
  throw new PalimpsestError(
    "E_LOCKED",
    `${source} keeps changing while it is copied; stop the application that writes to it and run again`,
  );
}

async function checkSource(source: string): Promise<void> {
  const stats = await statOf(source);
  if (stats === undefined) {
    throw new PalimpsestError("E_NOT_FOUND", `${source} does not exist; check the path`);
  }
  if (!stats.isFile()) {
    const what = stats.isDirectory() ? "a folder" : "not a regular file";
    throw invalid(source, `is ${what}; give the path of the SQLite file itself`);
  }
  if (stats.size === 0n) {
    throw invalid(source, "is empty; give the SQLite file that v1 wrote");
  }
  const header = await readHeader(source);
  if (header.toString("latin1") !== "SQLite format 3\0") {
    throw invalid(source, "is not an SQLite database (or is encrypted); give the file v1 wrote");
  }
}

/** @returns false when the source was not the same before and after */
async function copyOnce(source: string, target: string): Promise<boolean> {
  const before = await fingerprint(source);
  await Promise.all(
    suffixes.map(async (suffix) => {
      await rm(target + suffix, { force: true });
      await copyPart(source + suffix, target + suffix, suffix !== "");
    }),
  );
  return before === (await fingerprint(source));
}

async function copyPart(from: string, to: string, optional: boolean): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    // The copy takes over the source's mode; SQLite must be able to recover a journal into it.
    await chmod(to, 0o600);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT" && optional) return;
    if (code === "ENOSPC" || code === "EDQUOT") throw tempFolderError(cause);
    throw unreadable(from, cause);
  }
}

async function fingerprint(source: string): Promise<string> {
  const parts = await Promise.all(suffixes.map((suffix) => statOf(source + suffix)));
  return parts
    .map((stats) => (stats ? `${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}` : "-"))
    .join(" ");
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw unreadable(path, cause);
  }
}

async function readHeader(path: string): Promise<Buffer> {
  try {
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(16) });
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): PalimpsestError {
  return new PalimpsestError(
    "E_UNAVAILABLE",
    `${path} cannot be read (${codeOf(cause) ?? "unknown error"}); give this user permission to read it and its folder`,
    { cause },
  );
}

function invalid(source: string, problem: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", `${source} ${problem}`);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
