import type { Embedder, EmbedOptions } from "@palimpsest/core";
import { ollamaEmbedder } from "@palimpsest/embedders/ollama";

export interface LazyEmbedderOptions {
  readonly url: string;
  readonly model: string;
  readonly dimension: number;
  /** Milliseconds per call; undefined means no limit. */
  readonly timeoutMs: number | undefined;
}

/** Asks Ollama when the first text comes: opening a family needs no embedding server, as in v1. */
export class LazyEmbedder implements Embedder {
  readonly modelId: string;
  readonly dimension: number;
  readonly settings: Embedder["settings"];
  readonly #options: LazyEmbedderOptions;
  #opened: Promise<Embedder> | undefined;

  constructor(options: LazyEmbedderOptions) {
    this.#options = options;
    this.modelId = `ollama:${options.model}`;
    this.dimension = options.dimension;
    this.settings = { driver: "ollama", model: options.model };
  }

  async embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]> {
    this.#opened ??= openOllama(this.#options);
    const embedder = await this.#opened.catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return embedder.embed(texts, options);
  }
}

export function openOllama(
  options: Omit<LazyEmbedderOptions, "dimension"> & { readonly dimension?: number },
): Promise<Embedder> {
  const { url, model, timeoutMs, dimension } = options;
  return ollamaEmbedder({
    baseURL: `${url.replace(/\/+$/, "").replace(/\/api$/, "")}/api`,
    model,
    ...(dimension !== undefined && { dimension, probe: false }),
    ...(timeoutMs !== undefined && { fetch: limited(timeoutMs) }),
  });
}

function limited(ms: number): typeof globalThis.fetch {
  return (input, init) => {
    const limit = AbortSignal.timeout(ms);
    const signal = init?.signal ? AbortSignal.any([init.signal, limit]) : limit;
    return fetch(input, { ...init, signal });
  };
}
