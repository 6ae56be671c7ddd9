import {
  compareKeys,
  compareRevisions,
  type DocumentKey,
  type IndexEntry,
  type IndexPage,
  type IndexScanOptions,
  type Revision,
  type ScopeSelector,
  type StoredDocument,
} from "@palimpsest/core";
import { isIndexable } from "./indexer.ts";
import { withSignal } from "./inputs.ts";
import { keyString } from "./key-string.ts";
import { pages } from "./pages.ts";
import type { Parts } from "./parts.ts";

/** One document, or index entry without one, that does not agree. */
export interface Finding {
  readonly key: DocumentKey;
  readonly kind: "missing" | "orphan" | "stale";
  readonly detail: string;
  /** An index claims a revision above the document's: only deleting the entry lets it be replaced. */
  readonly ahead: boolean;
}

/** Counted while comparing. */
export interface Scanned {
  documents: number;
  unindexed: number;
  vectors: number;
}

/** What was seen of one key. */
interface Sighting {
  readonly key: DocumentKey;
  /** Of a live document; undefined when there is none. */
  readonly document?: Pick<StoredDocument, "revision" | "text" | "deleted">;
  vector?: Revision;
  lexical?: Revision;
}

/** Documents carry up to 4 MiB of text, index entries none. */
const documentsPerWindow = 250;
const entriesPerPage = 256;

/** Part of the keys to compare. */
export interface Range {
  readonly after?: DocumentKey;
  /** Most documents. @defaultValue all */
  readonly documents?: number;
  /** Told where a range of limited size ended before the last key. */
  readonly onEnd?: (next: DocumentKey) => void;
}

/** Goes through the keys window by window: a page of documents, then what the indexes hold between its bounds. */
export async function* findDivergence(
  parts: Parts,
  selector: ScopeSelector,
  scanned: Scanned,
  range: Range,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding[]> {
  const { documents: most = Number.POSITIVE_INFINITY } = range;
  const selection = { ...selector, ...withSignal(signal) };
  let after = range.after;
  const read = (from: { readonly after?: DocumentKey }) => {
    const windowSize = Math.min(documentsPerWindow, most - scanned.documents);
    return parts.documents.scan({ ...selection, ...from, limit: windowSize });
  };
  for await (const page of pages(read, after)) {
    const sightings = sightingsOf(page.documents);
    scanned.documents += page.documents.length;
    scanned.unindexed += page.documents.filter(({ text }) => text === "").length;
    yield* orphansOf(parts, sightings, { selector, after, upTo: page.next, signal }, scanned);
    const suspects = [...sightings.values()].filter((sighting) => judge(sighting) !== undefined);
    yield* confirmed(parts, suspects, signal);
    after = page.next;
    if (after !== undefined && scanned.documents >= most) return range.onEnd?.(after);
  }
}

export interface Window {
  readonly selector: ScopeSelector;
  readonly after: DocumentKey | undefined;
  readonly upTo: DocumentKey | undefined;
  readonly signal: AbortSignal | undefined;
}

function sightingsOf(documents: readonly StoredDocument[]): Map<string, Sighting> {
  return new Map(
    documents.map((document) => {
      const { scope, id, revision, deleted, text } = document;
      // Only whether there is text matters; the text itself is let go.
      const seen = { revision, deleted, text: text === "" ? "" : "…" };
      return [keyString(document), { key: { scope, id }, document: seen }];
    }),
  );
}

/** Notes the entries of known documents in `sightings` and yields the others that prove to be orphans. */
async function* orphansOf(
  parts: Parts,
  sightings: Map<string, Sighting>,
  window: Window,
  scanned: Scanned,
): AsyncGenerator<Finding[]> {
  for await (const entries of entriesOf((options) => parts.vectors.scan(options), window)) {
    scanned.vectors += entries.length;
    yield* confirmed(parts, note(entries, sightings, "vector"), window.signal);
  }
  for await (const entries of entriesOf((options) => parts.lexical.scan(options), window)) {
    yield* confirmed(parts, note(entries, sightings, "lexical"), window.signal);
  }
}

function note(
  entries: readonly IndexEntry[],
  sightings: Map<string, Sighting>,
  index: "vector" | "lexical",
): Sighting[] {
  const strangers: Sighting[] = [];
  for (const { scope, id, revision } of entries) {
    const known = sightings.get(keyString({ scope, id }));
    if (known) known[index] = revision;
    else strangers.push({ key: { scope, id }, [index]: revision });
  }
  return strangers;
}

/** What an index holds between two keys, page by page. */
export async function* entriesOf(
  scan: (options: IndexScanOptions) => Promise<IndexPage>,
  { selector, after, upTo, signal }: Window,
): AsyncGenerator<IndexEntry[]> {
  const selection = { ...selector, ...withSignal(signal), limit: entriesPerPage };
  for await (const page of pages((from) => scan({ ...selection, ...from }), after)) {
    const inside = page.entries.filter((entry) => !upTo || compareKeys(entry, upTo) <= 0);
    yield inside;
    if (inside.length < page.entries.length) return;
  }
}

/** Reads the suspects again: one that moved since is in motion, not in error. */
async function* confirmed(
  parts: Parts,
  suspects: readonly Sighting[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding[]> {
  if (suspects.length === 0) return;
  const documents = await parts.documents.get(
    suspects.map(({ key }) => key),
    withSignal(signal),
  );
  const findings = suspects.flatMap((suspect, i) => {
    if (moved(suspect.document, documents[i])) return [];
    return judge(suspect) ?? [];
  });
  if (findings.length > 0) yield findings;
}

function moved(seen: Sighting["document"], now: StoredDocument | undefined): boolean {
  if (seen === undefined || now === undefined) return seen !== now;
  return compareRevisions(seen.revision, now.revision) !== 0;
}

/** @returns undefined when both indexes say what the document says */
function judge({ key, document, vector, lexical }: Sighting): Finding | undefined {
  const entries = [
    { name: "vector", revision: vector },
    { name: "lexical entry", revision: lexical },
  ];
  const present = entries.filter(({ revision }) => revision !== undefined);
  if (!isIndexable(document)) {
    if (present.length === 0) return undefined;
    const reason = document === undefined ? "without a document" : "of a document without text";
    return { key, kind: "orphan", detail: `${names(present)} ${reason}`, ahead: false };
  }
  const absent = entries.filter(({ revision }) => revision === undefined);
  const order = present.map(({ revision }) =>
    compareRevisions(revision as Revision, document.revision),
  );
  const ahead = order.some((difference) => difference > 0);
  if (absent.length > 0) {
    return { key, kind: "missing", detail: `no ${absent.map(nameOf).join(", no ")}`, ahead };
  }
  const other = present.filter((_, i) => order[i] !== 0);
  if (other.length === 0) return undefined;
  const detail = `${names(other)} of ${ahead ? "a newer" : "an older"} revision`;
  return { key, kind: "stale", detail, ahead };
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function names(entries: readonly { readonly name: string }[]): string {
  return entries.map(nameOf).join(" and ");
}
