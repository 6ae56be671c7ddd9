import {
  addDigests,
  type CallOptions,
  checkKey,
  compareKeys,
  type DocumentStore,
  type Filter,
  type KeyRange,
  type RangeDigest,
  type ScanOptions,
  type ScanPage,
  type ScopeSelector,
} from "@palimpsest/core";
import { selectedScope } from "./arguments.ts";

const pageSize = 1_000;

type Scannable = Pick<DocumentStore, "scan">;

/** Counts by reading, where the server cannot decide. */
export async function countMatches(
  store: Scannable,
  options: CallOptions & ScopeSelector & { readonly filter: Filter },
): Promise<number> {
  let count = 0;
  for await (const page of pages(store, { ...options, limit: pageSize })) {
    count += page.documents.length;
  }
  return count;
}

/** Tombstones included. */
export async function rangeDigest(
  store: Scannable,
  options: CallOptions & ScopeSelector & { readonly range?: KeyRange },
): Promise<RangeDigest> {
  const { range = {}, signal } = options;
  for (const key of [range.after, range.upTo]) if (key !== undefined) checkKey(key);
  const scope = selectedScope(options);
  const selector = scope === undefined ? ({ allScopes: true } as const) : { scope };
  const digests: string[] = [];
  // From the beginning: the range may start in another scope than the one that is read.
  for await (const { documents } of pages(store, {
    ...selector,
    limit: pageSize,
    includeDeleted: true,
    ...(signal && { signal }),
  })) {
    for (const document of documents) {
      if (range.after !== undefined && compareKeys(document, range.after) <= 0) continue;
      if (range.upTo !== undefined && compareKeys(document, range.upTo) > 0) continue;
      digests.push(document.digest);
    }
  }
  return { count: digests.length, sum: addDigests(digests) };
}

async function* pages(store: Scannable, options: ScanOptions): AsyncGenerator<ScanPage> {
  let after = options.after;
  do {
    const page = await store.scan({ ...options, ...(after && { after }) } as ScanOptions);
    yield page;
    after = page.next;
  } while (after !== undefined);
}
