import { describeKey, type DocumentKey, type Metric, PalimpsestError } from "@palimpsest/core";
import { checkVector, type CheckedVector } from "../shared/vector-settings.ts";
import type { StoreRow } from "./store-state.ts";

/** Beyond these, squares summed in single precision over- or underflow on the server. */
const least = 1e-12;
const most = 1e12;

/** pgvector's text form. Under cosine, where only the direction counts, extreme lengths are brought to 1. */
export function vectorText({ values, norm }: CheckedVector, metric: Metric): string {
  const usual = norm === 0 || (norm >= least && norm <= most);
  if (metric !== "cosine" || usual) return `[${values.join(",")}]`;
  return `[${Array.from(values, (value) => value / norm).join(",")}]`;
}

/**
 * A document's vector as the active index takes it.
 * @param modelId - model that made it; undefined for the active index's
 * @returns undefined when it is of another model, so that the right one is asked for
 */
export function activeVectorText(
  store: StoreRow,
  vector: Float32Array,
  key: DocumentKey,
  modelId: string | undefined,
): string | undefined {
  const name = (): string => `the vector of ${describeKey(key)}`;
  if (store.indexes.length === 0) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `${name()} has no index to go to; call openVectors first`,
    );
  }
  const { active } = store;
  if (active === undefined || (modelId ?? active.modelId) !== active.modelId) return undefined;
  return vectorText(checkVector(vector, active, name), active.metric);
}
