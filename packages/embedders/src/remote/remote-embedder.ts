import {
  type Embedder,
  type EmbedOptions,
  type JsonObject,
  PalimpsestError,
  throwIfAborted,
} from "@palimpsest/core";
import { type EmbeddingAnswer, readVectors } from "./answers.ts";
import type { CheckedOptions } from "./options.ts";
import { type FailureContext, toEmbeddingError } from "./server-failure.ts";

/** The part of the AI SDK's EmbeddingModel that is used: one call, one request, no retries. */
export interface EmbeddingCall {
  doEmbed(options: { values: string[]; abortSignal?: AbortSignal }): PromiseLike<EmbeddingAnswer>;
}

interface RemoteParts {
  readonly call: EmbeddingCall;
  readonly options: CheckedOptions;
  readonly failure: FailureContext;
}

const probeText = "palimpsest";

/** Embeds through a server, in batches. Retries are left to policies: each failure is thrown at once. */
export class RemoteEmbedder implements Embedder {
  readonly modelId: string;
  readonly dimension: number;
  readonly settings: { readonly driver: string } & JsonObject;
  readonly #parts: RemoteParts;

  private constructor(parts: RemoteParts, dimension: number) {
    const { driver, baseURL, model } = parts.failure;
    this.#parts = parts;
    this.dimension = dimension;
    this.modelId = `${driver}:${model},d=${dimension}`;
    this.settings = {
      driver,
      baseURL,
      model,
      dimension,
      ...(parts.options.requestDimension === true && { requestDimension: true }),
    };
  }

  /** @throws `E_UNAVAILABLE`, `E_EMBEDDING_FAILED`, `E_DIMENSION_MISMATCH`, `E_ABORTED` */
  static async open(parts: RemoteParts): Promise<RemoteEmbedder> {
    const { dimension, probe = true, signal } = parts.options;
    if (!probe && dimension !== undefined) return new RemoteEmbedder(parts, dimension);
    const [vector] = await request(parts, [probeText], dimension, signal);
    return new RemoteEmbedder(parts, vector?.length ?? 0);
  }

  /**
   * One vector per text, in order; zeros for a blank text, which is not sent.
   * @throws `E_UNAVAILABLE`, `E_EMBEDDING_FAILED`, `E_DIMENSION_MISMATCH`, `E_ABORTED`, `E_INVALID_INPUT`
   */
  async embed(texts: readonly string[], { signal }: EmbedOptions): Promise<Float32Array[]> {
    throwIfAborted(signal);
    for (const [i, text] of texts.entries()) checkText(text, i);
    const vectors = texts.map(() => new Float32Array(0));
    const sent = [...texts.keys()].filter((i) => texts[i]?.trim() !== "");
    await this.#embedBatches(
      batchesOf(sent, this.#parts.options.batchSize),
      texts,
      vectors,
      signal,
    );
    return vectors.map((vector) =>
      vector.length === 0 ? new Float32Array(this.dimension) : vector,
    );
  }

  /** Up to `parallel` requests at a time; the first failure ends the others. */
  async #embedBatches(
    batches: readonly (readonly number[])[],
    texts: readonly string[],
    vectors: Float32Array[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const stop = new AbortController();
    const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const queue = batches.values();
    const work = async (): Promise<void> => {
      for (const batch of queue) {
        const values = batch.map((i) => texts[i] ?? "");
        const answers = await request(this.#parts, values, this.dimension, either);
        for (const [j, i] of batch.entries()) vectors[i] = answers[j] ?? new Float32Array(0);
      }
    };
    const workers = Array.from({ length: this.#parts.options.parallel }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      stop.abort();
      await Promise.allSettled(workers);
      throw error;
    }
  }
}

async function request(
  { call, failure }: RemoteParts,
  values: string[],
  dimension: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  throwIfAborted(signal);
  let answer: EmbeddingAnswer;
  try {
    answer = await call.doEmbed({ values, ...(signal && { abortSignal: signal }) });
  } catch (error) {
    const context = { ...failure, secrets: [...failure.secrets, ...values] };
    throw toEmbeddingError(error, context, signal);
  }
  const from = `model ${failure.model} at ${failure.baseURL}`;
  return readVectors(answer, { count: values.length, dimension }, from);
}

function batchesOf(positions: readonly number[], size: number): number[][] {
  const batches: number[][] = [];
  for (let i = 0; i < positions.length; i += size) batches.push(positions.slice(i, i + size));
  return batches;
}

function checkText(text: unknown, position: number): void {
  if (typeof text === "string") return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `texts[${position}] is ${text === null ? "null" : typeof text}; pass a string`,
  );
}
