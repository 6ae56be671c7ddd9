import { DatabaseSync } from "node:sqlite";
import { PalimpsestError } from "@palimpsest/core";
import { isBusy, toPalimpsestError } from "./sqlite-errors.ts";

const lockName = /^[a-z0-9-]{1,64}$/;

/**
 * An exclusive lock on a small file beside the store, taken through SQLite so that the operating
 * system frees it when its holder dies. The file stays: removing it could give two holders.
 * @returns undefined while another holder has it
 */
export function lockFile(storePath: string, name: string): AsyncDisposable | undefined {
  if (!lockName.test(name)) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `a lock's name is 1 to 64 of a-z, 0-9 and "-", got ${JSON.stringify(name)}`,
    );
  }
  const path = `${storePath}-${name}.lock`;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw toPalimpsestError(error, path);
  }
  const held = database;
  return {
    [Symbol.asyncDispose]: async () => {
      if (held.isOpen) held.close();
    },
  };
}
