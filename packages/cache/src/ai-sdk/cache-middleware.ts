import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4Middleware,
  LanguageModelV4StreamPart,
} from "@ai-sdk/provider";
import type { Cache, EntryOptions, FillOptions } from "../cache.ts";
import type { CacheKey } from "../cache-key.ts";
import { modelCallKey } from "../keys/model-call-key.ts";
import type { CacheSwitch } from "../operations/optimization-flags.ts";
import type { CacheStatistics } from "../statistics/cache-statistics.ts";
import { exceptUnstored, Unstored, valueOf } from "../unstored.ts";
import {
  answerSavings,
  isWholeAnswer,
  type ModelPrice,
  storedAnswer,
  type StoredAnswer,
  streamSavings,
} from "./answer.ts";
import { SharedStream } from "./shared-stream.ts";

export interface CacheMiddlewareOptions extends Omit<EntryOptions, "savings"> {
  readonly cache: Cache;
  /** The tenant, or how to tell it from a call; `""` in an application that has only one. */
  readonly scope: string | ((params: LanguageModelV4CallOptions) => string);
  /** @defaultValue "llm" */
  readonly prefix?: string;
  /** Also caches calls with a temperature above 0: all who ask then share one sample. @defaultValue false */
  readonly sampled?: boolean;
  /** What a hit saves in money; without it only tokens are counted. */
  readonly price?: ModelPrice;
  /** Those of the cache, to be told who shares a stream that is coming in: the cache sees one call. */
  readonly statistics?: CacheStatistics;
  /** While it says no, calls go to the model and nothing is read or written. */
  readonly flags?: CacheSwitch;
  /** What `flags` decides by, such as the user of a call. @defaultValue the scope */
  readonly targetingKey?: string | ((params: LanguageModelV4CallOptions) => string);
}

/**
 * Answers `generateText` and `streamText` from the cache: `wrapLanguageModel({model, middleware})`. Everything
 * that shapes an answer is part of its key, headers are not. Only whole answers are kept: not those cut off by
 * a filter or an error, nor what a tool of the provider looked up. A replayed answer also repeats its usage,
 * which nobody pays again.
 */
export function cacheMiddleware(options: CacheMiddlewareOptions): LanguageModelV4Middleware {
  const { cache, scope, prefix = "llm", sampled = false, price, flags, ...more } = options;
  const { statistics, targetingKey = scope, ...entry } = more;
  const lasting: EntryOptions = { ...entry, ...exceptUnstored(entry.negativeTtl) };
  const streams = new Map<CacheKey, SharedStream>();

  async function keyOf(
    kind: "generate" | "stream",
    params: LanguageModelV4CallOptions,
    model: LanguageModelV4,
  ): Promise<CacheKey | undefined> {
    const tenant = typeof scope === "function" ? scope(params) : scope;
    const subject = typeof targetingKey === "function" ? targetingKey(params) : targetingKey;
    if (flags !== undefined && !(await flags.isCacheOn(subject))) return undefined;
    const { prompt, ...parameters } = params;
    const name = `${model.provider}/${model.modelId}`;
    return modelCallKey(
      { ...parameters, scope: tenant, prefix, model: name, kind, messages: prompt },
      { sampled },
    );
  }

  return {
    specificationVersion: "v4",
    wrapGenerate: async ({ doGenerate, params, model }) => {
      const key = await keyOf("generate", params, model);
      if (key === undefined) return doGenerate();
      return generate({ cache, key, params, model }, { ...lasting, savings: savingsOfAnswer });
    },
    wrapStream: async ({ doStream, params, model }) => {
      const key = await keyOf("stream", params, model);
      if (key === undefined) return doStream();
      const known = streams.get(key);
      if (known?.isOpen) {
        statistics?.adjust(entry.class ?? prefix, { joins: 1 });
        return known.join(params.abortSignal);
      }
      const open = (signal: AbortSignal) => model.doStream({ ...params, abortSignal: signal });
      const shared = new SharedStream(cache, key, open, { ...lasting, savings: savingsOfStream });
      streams.set(key, shared);
      void shared.over.then(() => {
        if (streams.get(key) === shared) streams.delete(key);
      });
      return shared.join(params.abortSignal);
    },
  };

  function savingsOfAnswer(answer: unknown) {
    return answerSavings((answer as StoredAnswer).usage, price);
  }

  function savingsOfStream(parts: unknown) {
    return streamSavings(parts as readonly LanguageModelV4StreamPart[], price);
  }
}

interface GenerateCall {
  readonly cache: Cache;
  readonly key: CacheKey;
  readonly params: LanguageModelV4CallOptions;
  readonly model: LanguageModelV4;
}

async function generate(
  { cache, key, params, model }: GenerateCall,
  options: FillOptions,
): Promise<LanguageModelV4GenerateResult> {
  const { abortSignal } = params;
  let own: LanguageModelV4GenerateResult | undefined;
  const fill = async ({ signal, background }: { signal: AbortSignal; background: boolean }) => {
    const result = await model.doGenerate({ ...params, abortSignal: signal });
    if (!background) own = result;
    const answer = storedAnswer(result);
    if (!isWholeAnswer(answer)) throw new Unstored(answer);
    return answer;
  };
  try {
    const call = cache.getOrSet<StoredAnswer>(key, fill, {
      ...options,
      ...(abortSignal && { signal: abortSignal }),
    });
    const answer = await valueOf(call);
    // Whoever paid for the call gets all of it; others get a copy each, which they may change.
    return own ?? structuredClone(answer);
  } catch (error) {
    // The SDK knows an aborted call by the signal's own reason.
    if (abortSignal?.aborted) throw abortSignal.reason;
    throw error;
  }
}
