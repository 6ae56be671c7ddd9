import { isPalimpsestError, PalimpsestError, type PalimpsestErrorCode } from "@palimpsest/core";

interface Failure {
  readonly code: PalimpsestErrorCode;
  readonly problem: string;
}

/** Extended result codes that say more than their primary code (its low byte). */
const extendedFailures: Readonly<Record<number, Failure>> = {
  // SQLITE_IOERR_SHMSIZE: the shared-memory file beside the store could not grow.
  4874: { code: "E_FULL", problem: "has no disk space left; free some and repeat the call" },
  // SQLITE_READONLY_ROLLBACK: beside the file lies the journal of a process that died.
  776: {
    code: "E_READ_ONLY",
    problem:
      "was left in the middle of a change, which takes a program that may write to it to undo; open it with that first",
  },
  // SQLITE_READONLY_DIRECTORY
  1544: { code: "E_READ_ONLY", problem: "is in a folder that is not writable" },
};

const failures: Readonly<Record<number, Failure>> = {
  3: { code: "E_READ_ONLY", problem: "may not be accessed; check the file's permissions" },
  5: { code: "E_LOCKED", problem: "is locked by another process; repeat when that is done" },
  6: { code: "E_LOCKED", problem: "is locked by another statement; repeat the call" },
  8: {
    code: "E_READ_ONLY",
    problem: "is read-only; open a writable copy or change its permissions",
  },
  10: { code: "E_UNAVAILABLE", problem: "cannot be read or written; check the disk" },
  11: {
    code: "E_CORRUPT",
    problem: "is damaged; restore it from a backup or rebuild it from an export",
  },
  13: { code: "E_FULL", problem: "has no disk space left; free some and repeat the call" },
  14: { code: "E_UNAVAILABLE", problem: "cannot be opened; check the path and its permissions" },
  26: { code: "E_CORRUPT", problem: "is not an SQLite database" },
};

/** The one place that turns what `node:sqlite` throws into a `PalimpsestError` naming the file. */
export function toPalimpsestError(error: unknown, path: string): unknown {
  const resultCode = sqliteCode(error);
  if (resultCode === undefined) return closedError(error, path);
  const failure = extendedFailures[resultCode] ?? failures[resultCode & 0xff];
  if (failure === undefined) return error;
  return new PalimpsestError(failure.code, `${path} ${failure.problem}`, { cause: error });
}

/** The error of a handle that `close` has already released. */
function closedError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !/database is not open|finalized/.test(error.message))
    return error;
  return new PalimpsestError("E_CLOSED", `${path} was closed; open it again`, { cause: error });
}

/** SQLite's extended result code, or undefined for any other error. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode : undefined;
}

/** Whether a handle that only reads met the journal of a process that died in a change. */
export function isHalfWritten(error: unknown): boolean {
  return sqliteCode(isPalimpsestError(error, "E_READ_ONLY") ? error.cause : error) === 776;
}

/** Whether another connection was in the way, so that waiting helps. */
export function isBusy(error: unknown): boolean {
  if (isPalimpsestError(error, "E_LOCKED")) return true;
  const primary = (sqliteCode(error) ?? 0) & 0xff;
  return primary === 5 || primary === 6;
}
