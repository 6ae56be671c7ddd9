import { type Metric, PalimpsestError, type VectorIndexOptions } from "@palimpsest/core";
import { quickNorm } from "./similarity.ts";

export interface VectorSettings {
  readonly dimension: number;
  readonly metric: Metric;
  readonly modelId: string;
}

/** @throws `E_INVALID_INPUT` */
export function parseVectorOptions(options: VectorIndexOptions): VectorSettings {
  const { dimension, modelId, metric = "cosine" } = options;
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > 65_536) {
    throw new PalimpsestError("E_INVALID_INPUT", `dimension must be 1 to 65,536, got ${dimension}`);
  }
  if (typeof modelId !== "string" || modelId === "") {
    throw new PalimpsestError("E_INVALID_INPUT", "modelId must be a non-empty string");
  }
  if (metric !== "cosine" && metric !== "l2" && metric !== "ip") {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `metric must be cosine, l2 or ip, got ${String(metric)}`,
    );
  }
  return { dimension, modelId, metric };
}

/** @throws `E_DIMENSION_MISMATCH`, `E_MODEL_MISMATCH` unless one of them was built so, or there is none */
export function checkSameIndex(
  present: readonly VectorSettings[],
  asked: VectorSettings,
  path: string,
): void {
  const [first] = present;
  if (first === undefined) return;
  const remedy = "use the embedder it was built with, re-embed the store, or use a new one";
  const sameDimension = present.filter(({ dimension }) => dimension === asked.dimension);
  const [stored] = sameDimension;
  if (stored === undefined) {
    throw new PalimpsestError(
      "E_DIMENSION_MISMATCH",
      `${path} holds vectors of ${first.dimension} dimensions, asked for ${asked.dimension}; ${remedy}`,
    );
  }
  const { modelId, metric } = asked;
  if (sameDimension.some((index) => index.modelId === modelId && index.metric === metric)) return;
  throw new PalimpsestError(
    "E_MODEL_MISMATCH",
    `${path} holds vectors of ${stored.modelId} (${stored.metric}), asked for ${modelId} (${metric}); ${remedy}`,
  );
}

const unitTolerance = 1e-3;

/** A vector that passed the edge. */
export interface CheckedVector {
  /** The caller's own, who may change it once the call has returned; see `detached`. */
  readonly values: Float32Array;
  readonly norm: number;
}

/**
 * @param name what to call the vector in a message
 * @throws `E_DIMENSION_MISMATCH`, `E_INVALID_INPUT` for a value that cannot be compared
 */
export function checkVector(
  vector: Float32Array,
  settings: VectorSettings,
  name: () => string,
): CheckedVector {
  if (!(vector instanceof Float32Array)) {
    throw new PalimpsestError("E_INVALID_INPUT", `${name()} must be a Float32Array`);
  }
  if (vector.length !== settings.dimension) {
    throw new PalimpsestError(
      "E_DIMENSION_MISMATCH",
      `${name()} has ${vector.length} dimensions, the index ${settings.dimension}; use the embedder it was built with`,
    );
  }
  const length = quickNorm(vector);
  // NaN and Infinity survive summing, so one check of the sum finds them.
  if (!Number.isFinite(length)) {
    throw new PalimpsestError("E_INVALID_INPUT", `${name()} holds NaN or Infinity`);
  }
  if (settings.metric === "ip" && Math.abs(length - 1) > unitTolerance) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `${name()} is not a unit vector, which metric ip needs; normalise it or use cosine`,
    );
  }
  return { values: vector, norm: length };
}

/** Copies a vector for a write that has to wait for a lock. */
export function detached(vector: CheckedVector): CheckedVector {
  return { values: vector.values.slice(), norm: vector.norm };
}
