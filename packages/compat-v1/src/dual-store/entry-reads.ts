import type { StoredDocument } from "@palimpsest/core";
import { checkCount, invalid } from "./arguments.ts";
import { toGeneric, toRecord } from "./legacy-entries.ts";
import { toFilter, toTest } from "./legacy-filter.ts";
import { flagsOf, type Session } from "./session.ts";
import type { GenericEntry, LegacyFilter, LegacySorter, ScoredEntry } from "./types.ts";

const mostRecentDepth = 10_000;
const pageSize = 500;
const mostHits = 1_000;

type Accepts = (document: StoredDocument) => boolean;

export async function toEntries(
  session: Session,
  documents: readonly StoredDocument[],
): Promise<GenericEntry[]> {
  const flags = await flagsOf(
    session,
    documents.map(({ scope, id }) => ({ scope, id })),
  );
  return documents.map((document, i) => toGeneric(document, flags[i]));
}

/** Entries of the family one after the other, in the order of their ids. */
export async function* scanEntries(
  session: Session,
  options: { readonly filter?: LegacyFilter | undefined; readonly pageSize?: number | undefined },
): AsyncGenerator<GenericEntry> {
  const accepts = acceptsOf(session, options.filter);
  const limit = options.pageSize ?? pageSize;
  let after: { readonly scope: string; readonly id: string } | undefined;
  do {
    const page = await session.documents.scan({ limit, ...(after && { after }) });
    yield* await toEntries(session, page.documents.filter(accepts));
    after = page.next;
  } while (after !== undefined);
}

export async function countEntries(
  session: Session,
  filter: LegacyFilter | undefined,
): Promise<number> {
  if (filter === undefined || Object.keys(filter).length === 0) return session.documents.count();
  const accepts = acceptsOf(session, filter);
  let count = 0;
  for await (const document of session.store.scan()) if (accepts(document)) count++;
  return count;
}

/** Newest first, each id once; without a filter no blank texts, as in v1. */
export async function recentEntries(
  session: Session,
  limit: number,
  filter: LegacyFilter | undefined,
  sorter: LegacySorter | undefined,
): Promise<GenericEntry[]> {
  checkCount(limit, "limit", 0);
  if (limit === 0) return [];
  const accepts = filter === undefined ? hasText : acceptsOf(session, filter);
  const found = isNewestFirst(session, sorter)
    ? await newest(session, limit, accepts)
    : (await sorted(session, sorter ?? {}, accepts)).slice(0, limit);
  return toEntries(session, found);
}

async function newest(
  session: Session,
  limit: number,
  accepts: Accepts,
): Promise<StoredDocument[]> {
  for (let depth = Math.min(limit * 2, mostRecentDepth); ; depth *= 4) {
    const asked = Math.min(depth, mostRecentDepth);
    const documents = await session.documents.recent({ limit: asked });
    const found = documents.filter(accepts);
    if (found.length >= limit || documents.length < asked) return found.slice(0, limit);
    if (asked === mostRecentDepth) break;
  }
  const { timeKey } = session.keys;
  return (await sorted(session, { [timeKey]: -1 }, accepts)).slice(0, limit);
}

async function sorted(
  session: Session,
  sorter: LegacySorter,
  accepts: Accepts,
): Promise<StoredDocument[]> {
  const rows: { document: StoredDocument; record: Record<string, unknown> }[] = [];
  for await (const document of session.store.scan()) {
    if (accepts(document)) rows.push({ document, record: toRecord(document, session.keys) });
  }
  const order = Object.entries(sorter);
  rows.sort((a, b) => {
    for (const [field, direction] of order) {
      const difference = compare(valueAt(a.record, field), valueAt(b.record, field));
      if (difference !== 0) return difference * direction;
    }
    return 0;
  });
  return rows.map(({ document }) => document);
}

function isNewestFirst({ keys }: Session, sorter: LegacySorter | undefined): boolean {
  if (sorter === undefined) return true;
  const fields = Object.keys(sorter);
  return fields.length === 1 && sorter[keys.timeKey] === -1;
}

/** Best first by score over all queries, each id once. */
export async function searchEntries(
  session: Session,
  queryTexts: readonly string[],
  options: {
    readonly limit: number;
    readonly where?: LegacyFilter | undefined;
    readonly minScore?: number | undefined;
  },
): Promise<ScoredEntry[]> {
  checkCount(options.limit, "limit", 0, mostHits);
  const texts = [...new Set(queryTexts.filter((text) => text.trim() !== ""))];
  if (options.limit === 0 || texts.length === 0) return [];
  const { where } = options;
  const filter = where && Object.keys(where).length > 0 ? toFilter(where) : undefined;
  const best = new Map<string, { document: StoredDocument; score: number }>();
  for (const text of texts) {
    const hits = await session.store.search(text, {
      mode: "vector",
      k: options.limit,
      ...(filter && { filter }),
    });
    for (const { score, ...document } of hits) {
      if ((best.get(document.id)?.score ?? -1) >= score) continue;
      best.set(document.id, { document: document as StoredDocument, score });
    }
  }
  const ranked = [...best.values()]
    .filter(({ score }) => score >= (options.minScore ?? 0))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, options.limit);
  const entries = await toEntries(
    session,
    ranked.map(({ document }) => document),
  );
  return entries.map((entry, i) => Object.assign(entry, { score: ranked[i]?.score ?? 0 }));
}

export function withoutScore({ id, text, timestamp, metadata }: ScoredEntry): GenericEntry {
  return { id, text, timestamp, metadata };
}

export function withoutEqualTexts<E extends GenericEntry>(entries: readonly E[]): E[] {
  const seen = new Set<string>();
  return entries.filter(({ text }) => !seen.has(text) && Boolean(seen.add(text)));
}

function acceptsOf(session: Session, filter: LegacyFilter | undefined): Accepts {
  if (filter === undefined) return () => true;
  if (typeof filter !== "object") throw invalid("a filter must be an object");
  const test = toTest(filter);
  return (document) => test(toRecord(document, session.keys));
}

function hasText({ text }: StoredDocument): boolean {
  return text.trim() !== "";
}

function valueAt(record: Readonly<Record<string, unknown>>, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, key) =>
        typeof value === "object" && value !== null
          ? (value as Record<string, unknown>)[key]
          : undefined,
      record,
    );
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === undefined || a === null) return -1;
  if (b === undefined || b === null) return 1;
  return a < b ? -1 : 1;
}
