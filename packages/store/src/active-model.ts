import { type JsonObject, PalimpsestError } from "@palimpsest/core";
import type { Parts } from "./parts.ts";

export const embedderSetting = "embedder";

/** What a store records about the embedder that filled it. */
export function recordOf({ embedder }: Parts["embedding"]): JsonObject {
  const { settings, modelId, dimension } = embedder;
  return { ...settings, modelId, dimension };
}

/** Whether these parts still embed with the model that the store is searched by. */
export async function isActive(parts: Pick<Parts, "documents" | "embedding">): Promise<boolean> {
  const recorded = await parts.documents.settings.get(embedderSetting);
  if (recorded === undefined) return true;
  const { modelId, dimension } = parts.embedding.embedder;
  return recorded["modelId"] === modelId && recorded["dimension"] === dimension;
}

/**
 * To be asked after an index write and before its outbox entry is settled: a write that another
 * process's re-embedding did not see must stay queued for the new model.
 * @throws `E_MODEL_MISMATCH`
 */
export async function requireActive(parts: Pick<Parts, "documents" | "embedding">): Promise<void> {
  if (!(await isActive(parts))) throw outdated(parts);
}

export function outdated({ documents, embedding }: Pick<Parts, "documents" | "embedding">): Error {
  return new PalimpsestError(
    "E_MODEL_MISMATCH",
    `document store ${documents.name} was re-embedded with another model than ${embedding.embedder.modelId}; reopen it with that one`,
  );
}
