import type { ImportProgress } from "@palimpsest/migration";

/** What an import is doing, for the progress bar. */
export const importPhases: Readonly<Record<ImportProgress["phase"], string>> = {
  read: "reading",
  plan: "comparing",
  apply: "writing",
  verify: "verifying",
};
