import {
  type Capabilities,
  isPalimpsestError,
  type JsonObject,
  PalimpsestError,
} from "@palimpsest/core";
import { embedderSetting, recordOf } from "./active-model.ts";
import type { Parts } from "./parts.ts";
import { isUnfinished } from "./reembed.ts";

/**
 * Refuses parts that do not belong together and names what the engine cannot do.
 * @throws `E_UNSUPPORTED`, `E_DIMENSION_MISMATCH`, `E_MODEL_MISMATCH`
 */
export async function checkParts(parts: Parts): Promise<void> {
  checkCapabilities(parts);
  await checkVectors(parts);
  await checkEmbedder(parts);
  if (await isUnfinished(parts)) {
    parts.warn(
      "the store was switched to its embedder by a re-embedding that did not end; run it again to index what was written at that moment",
    );
  }
}

/** What is lost without the capability; the others are emulated with the same results. */
const losses: Partial<Record<keyof Capabilities, string>> = {
  tombstones: "a delayed copy of a deleted document can bring it back",
  transactions: "a batch that fails may be written in part",
  fence: "a delayed writer of an older epoch is not refused",
  keysetScan: "a scan may miss or repeat documents that change meanwhile",
};

function checkCapabilities(parts: Parts): void {
  const { name, capabilities } = parts.documents;
  if (!capabilities.conditionalPut) {
    throw new PalimpsestError(
      "E_UNSUPPORTED",
      `document store ${name} has no conditionalPut, so it cannot be the authority; use it as an index beside one that has`,
    );
  }
  for (const [capability, loss] of Object.entries(losses)) {
    if (!capabilities[capability as keyof Capabilities]) {
      parts.warn(`document store ${name} lacks the capability ${capability}: ${loss}`);
    }
  }
  if (capabilities.coIndexed && !capabilities.indexElsewhere && !parts.coIndexed) {
    parts.warn(
      `document store ${name} does not commit with the indexes ${parts.vectors.name} and ${parts.lexical.name}: ` +
        "a crash right after a delete can leave an index entry behind until `repair`",
    );
  }
}

async function checkVectors({ vectors, embedding }: Parts): Promise<void> {
  const { modelId, dimension } = embedding.embedder;
  const built = await vectors.describe();
  compare(
    `vector index ${vectors.name} was built`,
    { modelId: built.modelId, dimension: built.dimension },
    { modelId, dimension },
  );
}

async function checkEmbedder({ documents, embedding, warn }: Parts): Promise<void> {
  const present = recordOf(embedding);
  const recorded =
    (await documents.settings.get(embedderSetting)) ??
    (await record(documents.settings, present, warn));
  compare(`document store ${documents.name} was filled`, recorded, present);
}

async function record(
  settings: Parts["documents"]["settings"],
  present: JsonObject,
  warn: Parts["warn"],
): Promise<JsonObject> {
  try {
    return await settings.set(embedderSetting, present, { ifAbsent: true });
  } catch (error) {
    if (!isPalimpsestError(error, "E_READ_ONLY")) throw error;
    warn("the store is read-only, so its embedder could not be recorded");
    return present;
  }
}

function compare(what: string, recorded: JsonObject, present: JsonObject): void {
  const remedy = "open it with that embedder, or change it with `reembed`";
  if (recorded["modelId"] !== present["modelId"]) {
    throw new PalimpsestError(
      "E_MODEL_MISMATCH",
      `${what} with the embedder ${String(recorded["modelId"])}, not ${String(present["modelId"])}; ${remedy}`,
    );
  }
  if (recorded["dimension"] !== present["dimension"]) {
    throw new PalimpsestError(
      "E_DIMENSION_MISMATCH",
      `${what} with ${String(recorded["dimension"])} dimensions, the embedder has ${String(present["dimension"])}; ${remedy}`,
    );
  }
}
