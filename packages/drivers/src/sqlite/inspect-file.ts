import {
  accessSync,
  constants,
  closeSync,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { PalimpsestError, type PalimpsestErrorCode } from "@palimpsest/core";

const magic = "SQLite format 3\0";
const headerBytes = 100;

export interface FileUse {
  readonly mustExist?: boolean;
  readonly readOnly?: boolean;
}

/**
 * Looks at the path before SQLite touches it, for clear messages and to leave foreign files as they are.
 * @returns whether a non-empty file is there
 */
export function inspectFile(
  path: string,
  { mustExist = false, readOnly = false }: FileUse,
): boolean {
  if (path === "" || path === ":memory:" || path.includes("\0")) {
    throw refused(
      "E_INVALID_INPUT",
      "the store path",
      `must name a file, got ${JSON.stringify(path)}; use memory: for a store without one`,
    );
  }
  const stats = statOf(path);
  if (stats === undefined) {
    if (mustExist || readOnly) throw refused("E_NOT_FOUND", path, "does not exist; check the path");
    checkFolder(path);
    return false;
  }
  if (stats.isDirectory()) {
    throw refused("E_INVALID_INPUT", path, "is a folder; name a file in it");
  }
  if (stats.size === 0 && (mustExist || readOnly)) {
    throw refused("E_CORRUPT", path, "is an empty file, not a Palimpsest store; check the path");
  }
  if (stats.size > 0) checkHeader(path);
  if (!readOnly) for (const place of [path, dirname(path)]) checkWritable(place);
  return stats.size > 0;
}

function checkFolder(path: string): void {
  const folder = dirname(path);
  const stats = statOf(folder);
  if (stats === undefined)
    throw refused("E_NOT_FOUND", folder, "does not exist; create the folder first");
  if (!stats.isDirectory())
    throw refused("E_INVALID_INPUT", folder, "is not a folder; check the path");
  checkWritable(folder);
}

/** SQLite would open a file that it may not write to as a read-only one, and need its folder for the log. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function checkWritable(path: string): void {
  if (isWritable(path)) return;
  throw refused(
    "E_READ_ONLY",
    path,
    "is not writable by this user; change its permissions or choose another place",
  );
}

function checkHeader(path: string): void {
  const file = mapped(path, () => openSync(path, "r"));
  try {
    const header = Buffer.alloc(headerBytes);
    const bytes = readSync(file, header, 0, headerBytes, 0);
    if (header.toString("latin1", 0, Math.min(bytes, magic.length)) !== magic.slice(0, bytes)) {
      throw refused(
        "E_UNSUPPORTED",
        path,
        "is not an SQLite database; name a Palimpsest store or a new file",
      );
    }
    if (bytes < headerBytes || isTruncated(header, fstatSync(file).size, walBytes(path))) {
      throw refused("E_CORRUPT", path, "is truncated; restore it from a backup");
    }
  } finally {
    closeSync(file);
  }
}

/** While a WAL holds pages the file may rightly be shorter than its header says. */
function isTruncated(header: Buffer, size: number, wal: number): boolean {
  const stored = header.readUInt16BE(16);
  const pageSize = stored === 1 ? 65_536 : stored;
  return wal === 0 && size < pageSize * header.readUInt32BE(28);
}

function walBytes(path: string): number {
  return statOf(`${path}-wal`)?.size ?? 0;
}

function statOf(path: string): Stats | undefined {
  return mapped(path, () => statSync(path, { throwIfNoEntry: false }));
}

const systemFailures: Readonly<Record<string, readonly [PalimpsestErrorCode, string]>> = {
  EACCES: ["E_UNAVAILABLE", "may not be read by this user; check its permissions"],
  EPERM: ["E_UNAVAILABLE", "may not be read by this user; check its permissions"],
  ENOTDIR: ["E_INVALID_INPUT", "has a file where a folder should be; check the path"],
  ENAMETOOLONG: ["E_INVALID_INPUT", "is too long a path; choose a shorter one"],
};

function mapped<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const name = error instanceof Error && "code" in error ? String(error.code) : "";
    const [code, problem] = systemFailures[name] ?? ["E_UNAVAILABLE", `cannot be read (${name})`];
    throw refused(code, path, problem, error);
  }
}

function refused(
  code: PalimpsestErrorCode,
  what: string,
  problem: string,
  cause?: unknown,
): PalimpsestError {
  return new PalimpsestError(code, `${what} ${problem}`, cause === undefined ? {} : { cause });
}
