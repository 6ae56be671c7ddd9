import { compareKeys, type DocumentKey } from "@palimpsest/core";
import type { ChromaCollection } from "./chroma-client.ts";
import { toDocumentKey } from "./entry-ids.ts";
import { scopeKey } from "./entry-metadata.ts";
import type { Requests } from "./requests.ts";

/** Milliseconds for which the keys of one pass are kept for its next page. */
const lifetime = 30_000;

export interface ScanWindowOptions {
  /** Most keys kept at once. */
  readonly size: number;
  /** Ids read per request. */
  readonly pageSize: number;
}

interface Kept {
  readonly scope: string | undefined;
  readonly keys: readonly DocumentKey[];
  /** No key follows the last one. */
  readonly isLast: boolean;
  readonly until: number;
}

/**
 * Keys in order, from an engine that lists ids in none: all ids are read, and the next `size` of
 * them are kept for the pages to come, so memory is bounded and a scan of n entries reads n²/size ids.
 */
export class ScanWindow {
  readonly #collection: ChromaCollection;
  readonly #requests: Requests;
  readonly #options: ScanWindowOptions;
  #kept: Kept | undefined;

  constructor(collection: ChromaCollection, requests: Requests, options: ScanWindowOptions) {
    this.#collection = collection;
    this.#requests = requests;
    this.#options = options;
  }

  /** After a write of this index the keys are read anew. */
  forget(): void {
    this.#kept = undefined;
  }

  /** @returns up to `limit` keys after `after`, and whether more may follow */
  async next(
    scope: string | undefined,
    after: DocumentKey | undefined,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly keys: readonly DocumentKey[]; readonly more: boolean }> {
    const kept = this.#continued(scope, after) ?? (await this.#read(scope, after, limit, signal));
    const keys = kept.keys.slice(0, limit);
    const more = kept.keys.length > limit || !kept.isLast;
    this.#kept = more ? { ...kept, keys: kept.keys.slice(limit - 1) } : undefined;
    return { keys, more };
  }

  /** What is kept begins with the key that the last page ended with. */
  #continued(scope: string | undefined, after: DocumentKey | undefined): Kept | undefined {
    const kept = this.#kept;
    const [last] = kept?.keys ?? [];
    if (kept === undefined || after === undefined || last === undefined) return undefined;
    if (kept.scope !== scope || kept.until < Date.now()) return undefined;
    if (compareKeys(last, after) !== 0 || kept.keys.length === 1) return undefined;
    return { ...kept, keys: kept.keys.slice(1) };
  }

  async #read(
    scope: string | undefined,
    after: DocumentKey | undefined,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<Kept> {
    const { pageSize } = this.#options;
    const size = Math.max(this.#options.size, limit);
    const until = Date.now() + lifetime;
    const where = scope === undefined ? {} : { where: { [scopeKey]: { $eq: scope } } };
    const count = await this.#requests.send(() => this.#collection.count(), signal);
    const found = new Map<string, DocumentKey>();
    let isLast = true;
    // From the last page to the first: a deletion meanwhile moves entries into what is still to be read.
    for (let page = Math.floor(count / pageSize); page >= 0; page--) {
      const args = { ...where, limit: pageSize, offset: page * pageSize, include: [] };
      const { ids } = await this.#requests.send(() => this.#collection.get(args), signal);
      for (const id of ids) {
        const key = toDocumentKey(id);
        if (after === undefined || compareKeys(key, after) > 0) found.set(id, key);
      }
      if (found.size > 2 * size) isLast = !keepSmallest(found, size) && isLast;
    }
    isLast = !keepSmallest(found, size) && isLast;
    return { scope, keys: [...found.values()], isLast, until };
  }
}

/** Sorts, and @returns whether anything was left out */
function keepSmallest(found: Map<string, DocumentKey>, size: number): boolean {
  const sorted = [...found].toSorted(([, a], [, b]) => compareKeys(a, b));
  found.clear();
  for (const [id, key] of sorted.slice(0, size)) found.set(id, key);
  return sorted.length > size;
}
