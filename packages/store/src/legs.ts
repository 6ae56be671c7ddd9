import {
  type CorpusStatistics,
  type DocumentKey,
  type IndexHit,
  type IndexRestriction,
  type LexicalIndex,
  tokenize,
  type VectorIndex,
} from "@palimpsest/core";
import type { Legs } from "./fusion.ts";
import { withSignal } from "./inputs.ts";
import { pages } from "./pages.ts";
import { lexicalTrust } from "./lexical-trust.ts";
import type { Parts } from "./parts.ts";
import type { SearchRequest } from "./search-request.ts";

const limit = 1000;

/** The index queries of one search; asked again only when the first depth was not enough. */
export class LegQueries {
  readonly #parts: Parts;
  readonly #request: SearchRequest;
  #statistics: Promise<CorpusStatistics> | undefined;
  #vector: Promise<Float32Array> | undefined;
  #keys: Promise<DocumentKey[]> | undefined;

  constructor(parts: Parts, request: SearchRequest) {
    // One index for the whole search: a re-embedding may replace it meanwhile.
    this.#parts = { ...parts };
    this.#request = request;
  }

  async run(depth: number): Promise<Legs> {
    const { mode } = this.#request;
    const [vector, lexical, trust] = await Promise.all([
      mode === "lexical" ? [] : this.#vectorLeg(depth),
      mode === "vector" ? [] : this.#lexicalLeg(depth),
      mode === "hybrid" ? this.#readStatistics().then(lexicalTrust) : 1,
    ]);
    return { vector, lexical, trust };
  }

  async #vectorLeg(k: number): Promise<IndexHit[]> {
    const { query, vector } = this.#request;
    if (vector === undefined && query.trim() === "") return [];
    const restriction = await this.#restriction(this.#parts.vectors);
    if (restriction === undefined) return [];
    this.#vector ??= this.#queryVector();
    return this.#parts.vectors.query({ vector: await this.#vector, k, ...restriction });
  }

  async #lexicalLeg(k: number): Promise<IndexHit[]> {
    const restriction = await this.#restriction(this.#parts.lexical);
    if (restriction === undefined) return [];
    return this.#parts.lexical.query({ text: this.#request.query, k, ...restriction });
  }

  async #queryVector(): Promise<Float32Array> {
    const { query, vector, signal } = this.#request;
    if (vector !== undefined) return vector;
    return this.#parts.embedding.query(query, await this.#readStatistics(), signal);
  }

  #readStatistics(): Promise<CorpusStatistics> {
    const { query, selector, signal } = this.#request;
    this.#statistics ??= this.#parts.lexical.documentFrequency([...new Set(tokenize(query))], {
      ...selector,
      ...withSignal(signal),
    });
    return this.#statistics;
  }

  /** A filter that the index cannot compile is answered by the documents. @returns undefined when nothing matches */
  async #restriction(index: VectorIndex | LexicalIndex): Promise<IndexRestriction | undefined> {
    const { filter, selector, signal } = this.#request;
    const common = { ...selector, ...withSignal(signal) };
    if (filter === undefined) return common;
    if (index.compiles(filter)) return { ...common, filter };
    this.#keys ??= this.#matchingKeys();
    const keys = await this.#keys;
    return keys.length === 0 ? undefined : { ...common, keys };
  }

  async #matchingKeys(): Promise<DocumentKey[]> {
    const { filter, selector, signal } = this.#request;
    const selection = { ...selector, ...withSignal(signal), ...(filter && { filter }), limit };
    const { documents } = this.#parts;
    const keys: DocumentKey[] = [];
    for await (const page of pages((after) => documents.scan({ ...selection, ...after }))) {
      for (const { scope, id } of page.documents) keys.push({ scope, id });
    }
    return keys;
  }
}
