import type { Connection } from "./connection.ts";

/** Finds the file of sqlite-vec. */
export type ExtensionPath = () => Promise<string>;

const installedExtension: ExtensionPath = async () =>
  (await import("sqlite-vec")).getLoadablePath();

/** Loads sqlite-vec, an optional dependency that has no build for some platforms. @returns why it failed */
export async function loadVectorExtension(
  connection: Connection,
  path: ExtensionPath = installedExtension,
): Promise<string | undefined> {
  try {
    connection.loadExtension(await path());
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
