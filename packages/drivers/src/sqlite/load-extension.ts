import type { Connection } from "./connection.ts";

/** Loads sqlite-vec, an optional dependency that has no build for some platforms. @returns why it failed */
export async function loadVectorExtension(connection: Connection): Promise<string | undefined> {
  try {
    const { getLoadablePath } = await import("sqlite-vec");
    connection.loadExtension(getLoadablePath());
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
