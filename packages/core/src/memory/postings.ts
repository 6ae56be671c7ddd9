import type { DocumentKey } from "../document.ts";

interface Terms {
  readonly terms: ReadonlyMap<string, number>;
  readonly length: number;
}

interface ScopePostings {
  /** Term → id → occurrences. */
  readonly terms: Map<string, Map<string, number>>;
  documents: number;
  length: number;
}

export interface Posting {
  readonly key: DocumentKey;
  readonly frequency: number;
}

/** Which documents hold a term, per scope. */
export class Postings {
  readonly #scopes = new Map<string, ScopePostings>();

  add({ scope, id }: DocumentKey, { terms, length }: Terms): void {
    const postings = this.#scopes.get(scope) ?? { terms: new Map(), documents: 0, length: 0 };
    this.#scopes.set(scope, postings);
    postings.documents += 1;
    postings.length += length;
    for (const [term, frequency] of terms) {
      const ids = postings.terms.get(term) ?? new Map<string, number>();
      ids.set(id, frequency);
      postings.terms.set(term, ids);
    }
  }

  remove({ scope, id }: DocumentKey, { terms, length }: Terms): void {
    const postings = this.#scopes.get(scope);
    if (!postings) return;
    postings.documents -= 1;
    postings.length -= length;
    for (const term of terms.keys()) {
      const ids = postings.terms.get(term);
      ids?.delete(id);
      if (ids?.size === 0) postings.terms.delete(term);
    }
    if (postings.documents === 0) this.#scopes.delete(scope);
  }

  /** Documents with the term, in one scope or in all when undefined. */
  *of(term: string, scope: string | undefined): Generator<Posting> {
    for (const [name, postings] of this.#selected(scope)) {
      for (const [id, frequency] of postings.terms.get(term) ?? []) {
        yield { key: { scope: name, id }, frequency };
      }
    }
  }

  corpus(scope: string | undefined): { documents: number; meanLength: number } {
    let documents = 0;
    let length = 0;
    for (const [, postings] of this.#selected(scope)) {
      documents += postings.documents;
      length += postings.length;
    }
    return { documents, meanLength: length / documents };
  }

  *#selected(scope: string | undefined): Generator<[string, ScopePostings]> {
    if (scope === undefined) {
      yield* this.#scopes;
      return;
    }
    const postings = this.#scopes.get(scope);
    if (postings) yield [scope, postings];
  }
}
