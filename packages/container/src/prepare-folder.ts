import { constants, existsSync } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { PalimpsestError } from "@palimpsest/core";

/**
 * Makes the folder of a file that is to be created; one level only, so that `data/memory.db` just
 * works and a mistyped path does not grow a tree. What else is wrong the driver meets and names.
 * @throws `E_READ_ONLY` for a folder this user may not write
 */
export async function prepareFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  const folder = dirname(path);
  const refused = await failureOf(mkdir(folder));
  const sealed = refused === "EEXIST" ? await failureOf(access(folder, constants.W_OK)) : refused;
  if (sealed !== "EACCES" && sealed !== "EPERM" && sealed !== "EROFS") return;
  throw new PalimpsestError(
    "E_READ_ONLY",
    `${path} cannot be created: its folder is not writable by this user; choose another folder or change its permissions`,
  );
}

async function failureOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}
