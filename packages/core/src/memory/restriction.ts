import { compareKeys, type DocumentKey } from "../document.ts";
import { throwIfAborted } from "../errors.ts";
import type { Filter } from "../filter.ts";
import type { Revision } from "../revision.ts";
import { checkKey } from "../seal.ts";
import type {
  IndexEntry,
  IndexHit,
  IndexPage,
  IndexRestriction,
  IndexScanOptions,
} from "../vector-index.ts";
import { KeyMap } from "./key-map.ts";
import { checkCount, checkedAfter, checkedFilter, selectedScope } from "./selection.ts";

/** The entries that a query may return. */
export function* restricted<V>(
  entries: KeyMap<V>,
  restriction: IndexRestriction,
  matches: (filter: Filter, entry: V) => boolean,
): Generator<[DocumentKey, V]> {
  const scope = selectedScope(restriction);
  const filter = checkedFilter(restriction.filter);
  const candidates =
    restriction.keys === undefined
      ? entries.entries(scope)
      : chosen(entries, scope, restriction.keys);
  for (const [key, entry] of candidates) {
    if (filter === undefined || matches(filter, entry)) yield [key, entry];
  }
}

/** Each key once, and only those of the scope: a key list never widens a query. */
function* chosen<V>(
  entries: KeyMap<V>,
  scope: string | undefined,
  keys: readonly DocumentKey[],
): Generator<[DocumentKey, V]> {
  const seen = new KeyMap<true>();
  for (const key of keys) {
    checkKey(key);
    const entry = entries.get(key);
    if (entry === undefined || seen.get(key) || (scope !== undefined && key.scope !== scope)) {
      continue;
    }
    seen.set(key, true);
    yield [{ scope: key.scope, id: key.id }, entry];
  }
}

/** Best first, ties by key. */
export function compareHits(a: IndexHit, b: IndexHit): number {
  return b.score - a.score || compareKeys(a, b);
}

/** One page of an index's keys and revisions. */
export function pageOf(
  index: KeyMap<{ readonly revision: Revision }>,
  options: IndexScanOptions,
): IndexPage {
  throwIfAborted(options.signal);
  checkCount(options.limit, "limit", 1, 10_000);
  const scope = selectedScope(options);
  const entries: IndexEntry[] = [];
  for (const [key, { revision }] of index.walk(scope, checkedAfter(scope, options.after))) {
    const last = entries.at(-1);
    if (last !== undefined && entries.length === options.limit) {
      return { entries, next: { scope: last.scope, id: last.id } };
    }
    entries.push({ ...key, revision: { ...revision } });
  }
  return { entries, next: undefined };
}
