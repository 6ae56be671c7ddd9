import { isPalimpsestError, PalimpsestError, sealDocument } from "@palimpsest/core";
import type { Document, SealedDocument, SemanticStore, StorageEngine } from "@palimpsest/core";

export interface ImportTarget {
  readonly store: SemanticStore;
  /** The engine's lock, bound to it: `(name) => engine.lock(name)`. */
  readonly lock: StorageEngine["lock"];
}

/** What an import found, and the step that ends its plan. */
export interface ImportRun<Report> {
  readonly report: Report;
  readonly finish: () => Promise<void>;
}

/** Runs an import as the target's only one. @throws `E_LOCKED`, `E_ABORTED` saying how to go on */
export async function underImportLock<Report>(
  target: ImportTarget,
  run: () => Promise<ImportRun<Report>>,
): Promise<Report> {
  const lock = await takeLock(target);
  try {
    const { report, finish } = await run();
    // Last of all, so that hardly any moment is left in which a kill loses the report.
    await finish();
    return report;
  } catch (error) {
    throw isPalimpsestError(error, "E_ABORTED") ? aborted(error) : error;
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

async function takeLock(target: ImportTarget): Promise<AsyncDisposable> {
  const held = await target.lock("import");
  if (held) return held;
  throw new PalimpsestError(
    "E_LOCKED",
    "another import is writing to the target; wait until it has finished, then run again",
  );
}

function aborted(cause: unknown): PalimpsestError {
  return new PalimpsestError(
    "E_ABORTED",
    "the import was stopped; run the same import again to finish it",
    { cause },
  );
}

/** @returns why no store can hold the document, without its id, which may be made of the row's text */
export function trySeal(document: Document): SealedDocument | { readonly refused: string } {
  try {
    return sealDocument(document);
  } catch (error) {
    if (!isPalimpsestError(error, "E_INVALID_INPUT")) throw error;
    return { refused: sealProblem(error.message) };
  }
}

function sealProblem(message: string): string {
  const part = /^(text|metadata|timestamp) of document/.exec(message)?.[1] ?? "the document";
  const problem =
    /(?:holds a lone surrogate|holds U\+0000|is longer than \d+ bytes|is larger than \d+ bytes|is nested deeper than \d+ levels)/.exec(
      message.slice(message.lastIndexOf('"') + 1),
    )?.[0];
  return `${part} ${problem ?? "is not storable"}, which no store can hold`;
}
