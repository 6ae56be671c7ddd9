import { type Embedder, throwIfAborted } from "@palimpsest/core";
import type { Cache, Fill, FillContext, FillOptions } from "../cache.ts";
import { type CacheKey, cacheKey } from "../cache-key.ts";
import { exceptUnstored, Unstored, valueOf } from "../unstored.ts";
import { type EvidenceOptions, FalseHitEvidence } from "./false-hit-evidence.ts";
import { meaningGate } from "./meaning-gate.ts";
import { SemanticIndex } from "./semantic-index.ts";
import {
  checkSemanticOptions,
  type SemanticCacheOptions,
  type SemanticRequest,
  type SemanticStats,
} from "./semantic-options.ts";

interface Candidate<T> {
  readonly key: CacheKey;
  readonly value: T;
}

const mebibyte = 2 ** 20;

/**
 * Answers a question with the answer of one that means the same. Exact repeats come first and need no
 * embedding. Of those that are near, within the same tenant, model, system prompt and parameters, the nearest
 * one counts if it reaches the threshold and passes the gate. It starts in shadow: near answers are only
 * compared with fresh ones, and none is served until false hits are shown to be rare; then a share of them is
 * still compared, and serving ends when they are not rare any more.
 */
export class SemanticCache<T> {
  readonly #options: SemanticCacheOptions<T>;
  readonly #cache: Cache;
  readonly #embedder: Embedder;
  readonly #threshold: number;
  readonly #index: SemanticIndex;
  readonly #evidence: FalseHitEvidence;
  readonly #comparisons = new Set<Promise<void>>();
  readonly #counts = { served: 0, embeddingErrors: 0, gateErrors: 0, comparisonErrors: 0 };

  /** @throws `E_INVALID_INPUT` naming the option */
  constructor(options: SemanticCacheOptions<T>) {
    checkSemanticOptions(options);
    const { cache, embedder, threshold = 0.92, maxEntries = 10_000 } = options;
    this.#options = options;
    this.#cache = cache;
    this.#embedder = embedder;
    this.#threshold = threshold;
    this.#index = new SemanticIndex({
      dimension: embedder.dimension,
      maxEntries,
      maxBytes: options.maxBytes ?? 64 * mebibyte,
    });
    this.#evidence = new FalseHitEvidence(options.shadow satisfies EvidenceOptions | undefined);
  }

  /**
   * The answer to the question itself, else to one that means the same, else of `fill`.
   * @throws what the fill threw; an embedder that fails costs the near answer only
   */
  async getOrSet(request: SemanticRequest, fill: Fill<T>, options: FillOptions): Promise<T> {
    const { scope, model, system, parameters, text } = request;
    const { prefix = "semantic", flags } = this.#options;
    if (flags !== undefined && !(await flags.isCacheOn(scope))) {
      const { background = false, signal = new AbortController().signal } = options;
      return fill({ signal, background });
    }
    const key = cacheKey({ scope, prefix, parts: [{ model, system, parameters, text }] });
    const partition = cacheKey({ scope, prefix, parts: [{ model, system, parameters }] });
    const question = { key, partition, text, class: options.class ?? prefix };
    const answer: Fill<T> = (context) => this.#answer(question, fill, context, options);
    const call = this.#cache.getOrSet(key, answer, {
      ...options,
      ...exceptUnstored(options.negativeTtl),
    });
    return valueOf<T>(call);
  }

  /** What it did, and whether it may serve. */
  get stats(): SemanticStats {
    return {
      ...this.#counts,
      ...this.#evidence.counts,
      falseHitRateBound: this.#evidence.rateBound,
      isServing: this.#isServing,
      entries: this.#index.size,
    };
  }

  /** Resolves when the comparisons under way are done. */
  async settled(): Promise<void> {
    await Promise.all(this.#comparisons);
  }

  /** Forgets the vectors; the answers are the cache's, and so is their invalidation. */
  clear(): void {
    this.#index.clear();
  }

  get #isServing(): boolean {
    return this.#options.mode !== "shadow" && this.#evidence.isEnough;
  }

  async #answer(
    question: { key: CacheKey; partition: CacheKey; text: string; class: string },
    fill: Fill<T>,
    context: FillContext,
    options: FillOptions,
  ): Promise<T> {
    const { key, partition, text } = question;
    const isKnown = context.background && this.#index.has(partition, key);
    const vector = isKnown ? undefined : await this.#embed(question, context.signal);
    // A refresh is for a fresh answer to this very question.
    const candidate =
      vector === undefined || context.background
        ? undefined
        : await this.#nearest(question, vector, context.signal);
    if (candidate !== undefined && this.#isServing && !this.#isAudit()) {
      this.#counts.served += 1;
      this.#index.touch(partition, candidate.key);
      throw new Unstored(candidate.value, { isNear: true });
    }
    if (candidate !== undefined) this.#discount(question.class, candidate.value, options);
    // An embedder may have swallowed the abort; a model call is not to follow it.
    throwIfAborted(context.signal);
    const fresh = await fill(context);
    if (vector !== undefined) this.#index.add(partition, { key, text, vector });
    if (candidate !== undefined) this.#compare(candidate.value, fresh);
    return fresh;
  }

  async #embed(
    { text, class: className }: { text: string; class: string },
    signal: AbortSignal,
  ): Promise<Float32Array | undefined> {
    const { maxTextLength = 2_000, embeddingCost, statistics } = this.#options;
    if (text.length > maxTextLength) return undefined;
    try {
      const [vector] = await this.#embedder.embed([text], { kind: "document", signal });
      if (vector?.length !== this.#embedder.dimension) throw new TypeError("no such dimension");
      const { tokens = 0, cost = 0 } = embeddingCost?.(text) ?? {};
      statistics?.adjust(className, { spentTokens: tokens, spentCost: cost });
      return vector;
    } catch {
      // Whoever asks gets a fresh answer; the count says that near ones are missed.
      if (!signal.aborted) this.#counts.embeddingErrors += 1;
      return undefined;
    }
  }

  /** The best of those that may answer and are still there. */
  async #nearest(
    { partition, key, text }: { partition: CacheKey; key: CacheKey; text: string },
    vector: Float32Array,
    signal: AbortSignal,
  ): Promise<Candidate<T> | undefined> {
    for (const near of this.#index.near(partition, vector, this.#threshold)) {
      if (near.key === key || !this.#passes(text, near.text)) continue;
      const value = await this.#cache.get<T>(near.key, { signal });
      if (value !== undefined) return { key: near.key, value };
      // Expired or invalidated: the cache knows, the vectors do not.
      this.#index.delete(partition, near.key);
      // It told of a miss, and nobody asked for that question.
      const { prefix = "semantic", statistics } = this.#options;
      statistics?.adjust(prefix, { misses: -1 });
    }
    return undefined;
  }

  #passes(asked: string, cached: string): boolean {
    const { gate = meaningGate } = this.#options;
    try {
      return gate(asked, cached);
    } catch {
      this.#counts.gateErrors += 1;
      return false;
    }
  }

  #isAudit(): boolean {
    const { auditRate = 0.02, random = Math.random } = this.#options;
    return random() < auditRate;
  }

  /** The cache told of a hit, and nobody was served. */
  #discount(className: string, value: T, { savings }: FillOptions): void {
    const { tokens = 0, cost = 0 } = savings?.(value) ?? {};
    this.#options.statistics?.adjust(className, {
      hits: -1,
      savedTokens: -tokens,
      savedCost: -cost,
    });
  }

  /** Beside the caller, who has its answer: a comparison may ask a model. */
  #compare(served: T, fresh: T): void {
    const comparison = (async () => {
      try {
        this.#evidence.add(!(await this.#options.same(served, fresh)));
      } catch {
        this.#counts.comparisonErrors += 1;
      }
    })();
    const tracked = comparison.finally(() => this.#comparisons.delete(tracked));
    this.#comparisons.add(tracked);
  }
}
