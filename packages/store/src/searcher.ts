import {
  compareRevisions,
  type DocumentKey,
  type IndexHit,
  type SearchHit,
  type SearchMode,
  type StoredDocument,
  throwIfAborted,
} from "@palimpsest/core";
import { type Candidate, fuse, type Legs, normalise } from "./fusion.ts";
import { withSignal } from "./inputs.ts";
import { keyString } from "./key-string.ts";
import { LegQueries } from "./legs.ts";
import type { FusionWeights } from "./options.ts";
import type { Parts } from "./parts.ts";
import type { SearchRequest } from "./search-request.ts";

const deepest = 20_000;

/** Fusion needs more of each leg than it returns; a single leg ranks as it is. */
function firstDepth({ mode, k }: SearchRequest): number {
  return mode === "hybrid" ? Math.max(100, 4 * k) : k;
}

/** Answers searches from the indexes; every hit is read from the documents before it is returned. */
export class Searcher {
  readonly #parts: Parts;
  readonly #weights: FusionWeights;

  constructor(parts: Parts, weights: FusionWeights) {
    this.#parts = parts;
    this.#weights = weights;
  }

  /** @throws `E_EMBEDDING_FAILED` rather than answering with the words alone */
  async search(request: SearchRequest): Promise<SearchHit[]> {
    throwIfAborted(request.signal);
    const { k } = request;
    if (k === 0) return [];
    const queries = new LegQueries(this.#parts, request);
    let depth = firstDepth(request);
    for (;;) {
      const { hits, exhausted } = await this.#attempt(queries, request, depth);
      if (hits.length >= k || exhausted || depth * 4 > deepest) return hits;
      depth *= 4;
    }
  }

  /** Exhausted: nothing was dropped, or the indexes have nothing further down. */
  async #attempt(
    queries: LegQueries,
    request: SearchRequest,
    depth: number,
  ): Promise<{ hits: SearchHit[]; exhausted: boolean }> {
    const legs = await queries.run(depth);
    const { hits, dropped } = await this.#hydrate(legs, request);
    const longest = Math.max(legs.vector.length, legs.lexical.length);
    return { hits, exhausted: !dropped || longest < depth };
  }

  async #hydrate(
    legs: Legs,
    request: SearchRequest,
  ): Promise<{ hits: SearchHit[]; dropped: boolean }> {
    const hydration = new Hydration(this.#parts, request.signal);
    const best = this.#rank(legs, request.mode).slice(0, request.k);
    await hydration.load(best);
    const names = new Set(best.map(keyString));
    const stale = (hit: IndexHit): boolean => names.has(keyString(hit)) && !hydration.isFresh(hit);
    if (!legs.vector.some(stale) && !legs.lexical.some(stale)) {
      return { hits: hydration.hits(best), dropped: false };
    }
    await hydration.load([...legs.vector, ...legs.lexical]);
    const fresh = (hits: readonly IndexHit[]): IndexHit[] =>
      hits.filter((hit) => hydration.isFresh(hit));
    const ranked = this.#rank(
      { ...legs, vector: fresh(legs.vector), lexical: fresh(legs.lexical) },
      request.mode,
    );
    return { hits: hydration.hits(ranked.slice(0, request.k)), dropped: true };
  }

  #rank(legs: Legs, mode: SearchMode): Candidate[] {
    if (mode === "vector") return [...legs.vector];
    return mode === "lexical" ? normalise(legs.lexical) : fuse(legs, this.#weights);
  }
}

/** The documents behind index hits. A hit of another revision is stale: its text may have changed. */
class Hydration {
  readonly #parts: Parts;
  readonly #signal: AbortSignal | undefined;
  readonly #documents = new Map<string, StoredDocument | undefined>();

  constructor(parts: Parts, signal: AbortSignal | undefined) {
    this.#parts = parts;
    this.#signal = signal;
  }

  async load(keys: readonly DocumentKey[]): Promise<void> {
    const wanted = new Map<string, DocumentKey>();
    for (const { scope, id } of keys) {
      const name = keyString({ scope, id });
      if (!this.#documents.has(name)) wanted.set(name, { scope, id });
    }
    if (wanted.size === 0) return;
    const documents = await this.#parts.documents.get(
      [...wanted.values()],
      withSignal(this.#signal),
    );
    for (const [i, name] of [...wanted.keys()].entries()) this.#documents.set(name, documents[i]);
  }

  isFresh(hit: IndexHit): boolean {
    const document = this.#documents.get(keyString(hit));
    return document !== undefined && compareRevisions(document.revision, hit.revision) === 0;
  }

  hits(candidates: readonly Candidate[]): SearchHit[] {
    return candidates.flatMap((candidate) => {
      const document = this.#documents.get(keyString(candidate));
      if (document === undefined) return [];
      const { scope, id, text, metadata, timestamp } = document;
      return [{ scope, id, text, metadata, timestamp, score: candidate.score }];
    });
  }
}
