import { closeSync, openSync, readSync, realpathSync } from "node:fs";

const magic = "d9d505f920a163d7";
/** Where a journal's header says how many pages the database had before the change. */
const pagesAt = 16;

/** What SQLite would make of a file beside which a dead process left its journal. */
export type Restored = "nothing" | "something" | "no journal";

/**
 * A new file is set to write-ahead logging under a journal. Who dies there leaves a file that holds
 * something and, once the journal is played back, nothing.
 */
export function restoredByJournal(path: string): Restored {
  const header = startOf(`${realpathSync(path)}-journal`, pagesAt + 4);
  if (header === undefined) return "no journal";
  if (header.length < pagesAt + 4 || header.toString("hex", 0, 8) !== magic) return "something";
  return header.readUInt32BE(pagesAt) === 0 ? "nothing" : "something";
}

/** The first bytes of a file that may be large; undefined when there is none. */
function startOf(path: string, length: number): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } finally {
    closeSync(file);
  }
}
