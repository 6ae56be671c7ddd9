import { open, stat } from "node:fs/promises";
import { PalimpsestError } from "@palimpsest/core";
import { systemCode } from "./exit-code.ts";

export type SourceFormat = "luminora" | "jsonl";

const sqliteMagic = "SQLite format 3\0";

/**
 * What a file to import is, by its first bytes; names say nothing.
 * @throws `E_NOT_FOUND`, `E_INVALID_INPUT` for anything that is neither, `E_UNAVAILABLE` without permission
 */
export async function detectFormat(path: string): Promise<SourceFormat> {
  const start = await readStart(path);
  if (start.toString("latin1", 0, sqliteMagic.length) === sqliteMagic) return "luminora";
  const text = start
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart();
  if (text.startsWith("{")) return "jsonl";
  const problem =
    start.length === 0
      ? "is empty"
      : "is neither an SQLite database nor JSONL (one JSON object per line)";
  throw refused("E_INVALID_INPUT", path, `${problem}; give a v1 database or an export`);
}

async function readStart(path: string): Promise<Buffer> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) {
      throw refused("E_INVALID_INPUT", path, "is a folder; give the file itself");
    }
    // A pipe could be read only once, and opening one that nobody writes waits for ever.
    if (!stats.isFile()) {
      throw refused("E_INVALID_INPUT", path, "is not a regular file; save it to one first");
    }
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(4096), position: 0 });
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw refused("E_NOT_FOUND", path, "does not exist; check the path");
    }
    if (code === "EACCES" || code === "EPERM") {
      throw refused("E_INVALID_INPUT", path, "may not be read by this user; check its permissions");
    }
    throw error;
  }
}

function refused(
  code: "E_NOT_FOUND" | "E_INVALID_INPUT",
  path: string,
  problem: string,
): PalimpsestError {
  return new PalimpsestError(code, `${path} ${problem}`);
}
