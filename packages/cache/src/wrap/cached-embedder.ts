import { type Embedder, type EmbedOptions, PalimpsestError } from "@palimpsest/core";
import type { Cache, EntryOptions } from "../cache.ts";
import { type CacheKey, cacheKey } from "../cache-key.ts";
import { counted } from "../counted.ts";
import type { CacheSwitch } from "../operations/optimization-flags.ts";

export interface CachedEmbedderOptions extends EntryOptions {
  readonly cache: Cache;
  /** The tenant; one name for all of them shares their vectors. */
  readonly scope: string;
  /** @defaultValue "embedding" */
  readonly prefix?: string;
  readonly flags?: CacheSwitch;
  /** What `flags` decides by. @defaultValue the scope */
  readonly targetingKey?: string;
}

/**
 * The same embedder with its vectors cached, each as 4 bytes per dimension. Of a list of texts only those that
 * are not cached are embedded, each once, in one call. A query vector that depends on corpus statistics is
 * cached for these very statistics.
 */
export function cachedEmbedder(embedder: Embedder, options: CachedEmbedderOptions): Embedder {
  const { cache, scope, prefix = "embedding", flags, targetingKey = scope, ...entry } = options;
  const keyOf = (text: string, shaping: readonly unknown[]) =>
    cacheKey({ scope, prefix, parts: [embedder.modelId, embedder.dimension, ...shaping, text] });

  async function embed(
    texts: readonly string[],
    embedOptions: EmbedOptions,
  ): Promise<Float32Array[]> {
    if (texts.length === 0) return [];
    if (flags !== undefined && !(await flags.isCacheOn(targetingKey))) {
      return embedder.embed(texts, embedOptions);
    }
    const shaping = shapingOf(embedOptions);
    const keys = texts.map((text) => keyOf(text, shaping));
    const textOf = new Map(keys.map((key, i) => [key, texts[i] as string]));
    const fill = async (
      missing: readonly CacheKey[],
      { signal }: { readonly signal: AbortSignal },
    ) => {
      const missingTexts = missing.map((key) => textOf.get(key) as string);
      const vectors = await embedder.embed(missingTexts, { ...embedOptions, signal });
      return checked(vectors, embedder, missing.length);
    };
    const { signal } = embedOptions;
    const vectors = await cache.getOrSetMany<Float32Array>([...textOf.keys()], fill, {
      ...entry,
      ...(signal && { signal }),
    });
    const vectorOf = new Map([...textOf.keys()].map((key, i) => [key, vectors[i] as Float32Array]));
    // Copies: whoever normalises its vector in place must not change the cached one.
    return keys.map((key) => (vectorOf.get(key) as Float32Array).slice());
  }

  return {
    modelId: embedder.modelId,
    dimension: embedder.dimension,
    settings: embedder.settings,
    embed,
  };
}

/** A wrong answer is to be an error of this call, not the vector of its text for all processes. */
function checked(
  vectors: Float32Array[],
  { modelId, dimension }: Embedder,
  wanted: number,
): Float32Array[] {
  const fitting = vectors.filter((vector) => vector?.length === dimension);
  if (vectors.length === wanted && fitting.length === wanted) return vectors;
  throw new PalimpsestError(
    "E_EMBEDDING_FAILED",
    `the embedder ${modelId} gave ${counted(fitting.length, "vector")} of ${counted(dimension, "dimension")} for ${counted(wanted, "text")}`,
  );
}

/** What shapes a vector beside the text. Documents have no statistics. */
function shapingOf({ kind, statistics }: EmbedOptions): readonly unknown[] {
  if (kind === "document" || statistics === undefined) return [kind];
  const { documents, frequencies } = statistics;
  return [kind, documents, Object.fromEntries(frequencies)];
}
