import { isPalimpsestError, type PalimpsestErrorCode } from "@palimpsest/core";
import { CommanderError } from "commander";

/** 0 done; 1 it ran and found something wrong; 2 wrong usage or input, read-only; 3 locked, full, unreachable. */
export type ExitCode = 0 | 1 | 2 | 3 | 130 | 143;

const byCode: Readonly<Record<PalimpsestErrorCode, ExitCode>> = {
  E_INVALID_INPUT: 2,
  E_NOT_FOUND: 2,
  E_CONFLICT: 1,
  E_REVISION_COLLISION: 1,
  E_FENCED: 1,
  E_DIMENSION_MISMATCH: 2,
  E_MODEL_MISMATCH: 2,
  E_INDEX_FAILED: 1,
  E_EMBEDDING_FAILED: 3,
  E_UNAVAILABLE: 3,
  E_LOCKED: 3,
  E_FULL: 3,
  E_READ_ONLY: 2,
  E_CORRUPT: 2,
  E_UNSUPPORTED: 2,
  E_CONFIG: 2,
  E_ABORTED: 130,
  E_CLOSED: 1,
  E_TIMEOUT: 3,
  E_CIRCUIT_OPEN: 3,
  E_OVERLOADED: 3,
  E_RATE_LIMITED: 3,
  E_BUDGET_EXCEEDED: 1,
};

/** What the operating system reports where no driver stands between, e.g. writing an export. */
const bySystemCode: Readonly<Record<string, ExitCode>> = {
  ENOENT: 2,
  ENOTDIR: 2,
  EISDIR: 2,
  EACCES: 2,
  EPERM: 2,
  EROFS: 2,
  ENOSPC: 3,
  EDQUOT: 3,
  EIO: 3,
  EPIPE: 0,
};

/** The only place that decides how a failure ends the process. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (isPalimpsestError(error)) return byCode[error.code] ?? 1;
  return bySystemCode[systemCode(error) ?? ""] ?? 1;
}

/** `code` of a Node.js system error, e.g. `"ENOSPC"`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
