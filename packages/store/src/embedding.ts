import {
  type CorpusStatistics,
  type Embedder,
  isPalimpsestError,
  PalimpsestError,
  type Policy,
  throwIfAborted,
} from "@palimpsest/core";

/** The embedder behind its policy; what it returns is checked before anything relies on it. */
export class Embedding {
  readonly embedder: Embedder;
  readonly #policy: Policy;

  constructor(embedder: Embedder, policy: Policy) {
    this.embedder = embedder;
    this.#policy = policy;
  }

  /** @throws `E_EMBEDDING_FAILED`, `E_ABORTED` */
  async documents(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    return texts.length === 0 ? [] : this.#embed(texts, { kind: "document" }, signal);
  }

  /** @throws `E_EMBEDDING_FAILED`, `E_ABORTED` */
  async query(
    text: string,
    statistics: CorpusStatistics | undefined,
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    const options = { kind: "query" as const, ...(statistics && { statistics }) };
    const [vector] = await this.#embed([text], options, signal);
    if (vector === undefined) throw new Error("unreachable: the number of vectors was checked");
    return vector;
  }

  /** @throws `E_DIMENSION_MISMATCH`, `E_INVALID_INPUT` for a vector that a caller gave */
  check(vector: Float32Array, what: string): void {
    if (!(vector instanceof Float32Array)) {
      throw new PalimpsestError("E_INVALID_INPUT", `${what} must be a Float32Array`);
    }
    if (vector.length !== this.embedder.dimension) {
      throw new PalimpsestError(
        "E_DIMENSION_MISMATCH",
        `${what} has ${vector.length} dimensions, the store's embedder ${this.embedder.modelId} has ${this.embedder.dimension}; give a vector of the same model`,
      );
    }
    if (!isFinite(vector)) {
      throw new PalimpsestError("E_INVALID_INPUT", `${what} holds NaN or Infinity`);
    }
  }

  async #embed(
    texts: readonly string[],
    options: { kind: "document" | "query"; statistics?: CorpusStatistics },
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    throwIfAborted(signal);
    let vectors: Float32Array[];
    try {
      vectors = await this.#policy.execute(
        (context) => this.embedder.embed(texts, { ...options, signal: context.signal }),
        signal,
      );
    } catch (error) {
      throwIfAborted(signal);
      throw asEmbeddingError(error, this.embedder.modelId);
    }
    this.#checkResult(vectors, texts.length);
    return vectors;
  }

  #checkResult(vectors: readonly Float32Array[], expected: number): void {
    const { modelId, dimension } = this.embedder;
    if (vectors.length !== expected) {
      throw unusable(`${modelId} returned ${vectors.length} vectors for ${expected} texts`);
    }
    for (const vector of vectors) {
      if (vector.length !== dimension) {
        throw unusable(
          `${modelId} returned ${vector.length} dimensions instead of the ${dimension} it declares`,
        );
      }
      if (!isFinite(vector)) throw unusable(`${modelId} returned a vector with NaN or Infinity`);
    }
  }
}

function isFinite(vector: Float32Array): boolean {
  // Sums of float32 values cannot overflow a double, so the sum is finite iff every element is.
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] as number;
  return Number.isFinite(sum);
}

function unusable(problem: string): PalimpsestError {
  return new PalimpsestError(
    "E_EMBEDDING_FAILED",
    `embedder ${problem}; check its model and dimension`,
  );
}

function asEmbeddingError(error: unknown, modelId: string): Error {
  if (isPalimpsestError(error)) return error;
  return new PalimpsestError(
    "E_EMBEDDING_FAILED",
    `embedder ${modelId} failed: ${error instanceof Error ? error.message : String(error)}`,
    { cause: error },
  );
}
