import { PalimpsestError } from "@palimpsest/core";

/** Imports an optional peer. @throws `E_UNAVAILABLE` naming the command that installs it */
export async function loadPeer<Module>(
  load: () => Promise<Module>,
  { embedder, install }: { readonly embedder: string; readonly install: string },
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new PalimpsestError(
      "E_UNAVAILABLE",
      `the ${embedder} embedder needs packages that are not installed; run: npm i ${install}`,
      { cause: error },
    );
  }
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "ERR_MODULE_NOT_FOUND" || error.code === "MODULE_NOT_FOUND";
}
