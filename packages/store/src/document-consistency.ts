import {
  type CallOptions,
  compareKeys,
  compareRevisions,
  type DocumentKey,
  type IndexEntry,
  type Revision,
  type ScopeSelector,
} from "@palimpsest/core";
import { isIndexable } from "./indexer.ts";
import { withSignal } from "./inputs.ts";
import { keyBefore } from "./key-before.ts";
import { pages } from "./pages.ts";
import type { Parts } from "./parts.ts";

export type DocumentState =
  /** Both index entries are of the document's revision. */
  | "indexed"
  /** A document without text, without entries. */
  | "unindexed"
  /** The document has text but lacks an entry. */
  | "missing"
  /** An entry is of another revision than the document. */
  | "stale"
  /** An entry without a document that should have it. */
  | "orphan"
  /** No document and no entry. */
  | "absent";

/** One document as all sides have it. What is missing or stale may only be late, while its outbox entry waits. */
export interface DocumentConsistency extends DocumentKey {
  /** True for `indexed`, `unindexed` and `absent`, unless quarantined. */
  readonly consistent: boolean;
  readonly state: DocumentState;
  readonly hasDocument: boolean;
  readonly hasVector: boolean;
  readonly hasLexical: boolean;
  /** Of the live document. */
  readonly revision?: Revision;
  readonly vectorRevision?: Revision;
  readonly lexicalRevision?: Revision;
  /** Given up after so many attempts, until `retryVectorWrite`, `repair` or a newer write. */
  readonly quarantined?: { readonly attempts: number; readonly lastError?: string };
}

/** Asks documents, outbox and both indexes for one key. */
export async function checkDocument(
  parts: Parts,
  key: DocumentKey,
  options: CallOptions,
): Promise<DocumentConsistency> {
  const { documents, vectors, lexical } = parts;
  const signal = withSignal(options.signal);
  const [[document], vector, terms, given] = await Promise.all([
    documents.get([key], signal),
    entryOf(key, (from) => vectors.scan({ ...from, ...signal })),
    entryOf(key, (from) => lexical.scan({ ...from, ...signal })),
    quarantineOf(parts, key, options),
  ]);
  const entries = [vector?.revision, terms?.revision];
  const state = stateOf(isIndexable(document) ? document.revision : undefined, entries, !document);
  return {
    ...key,
    consistent: given === undefined && ["indexed", "unindexed", "absent"].includes(state),
    state,
    hasDocument: document !== undefined,
    hasVector: vector !== undefined,
    hasLexical: terms !== undefined,
    ...(document && { revision: document.revision }),
    ...(vector && { vectorRevision: vector.revision }),
    ...(terms && { lexicalRevision: terms.revision }),
    ...(given && { quarantined: given }),
  };
}

function stateOf(
  wanted: Revision | undefined,
  entries: readonly (Revision | undefined)[],
  noDocument: boolean,
): DocumentState {
  const present = entries.filter((revision) => revision !== undefined);
  if (wanted === undefined) {
    if (present.length > 0) return "orphan";
    return noDocument ? "absent" : "unindexed";
  }
  if (present.length < entries.length) return "missing";
  return present.every((revision) => compareRevisions(revision, wanted) === 0)
    ? "indexed"
    : "stale";
}

type ScanFrom = ScopeSelector & { readonly after?: DocumentKey; readonly limit: number };

/** An index has no read by key, but a scan may start right before it. */
async function entryOf(
  key: DocumentKey,
  scan: (from: ScanFrom) => Promise<{
    readonly entries: readonly IndexEntry[];
    readonly next: DocumentKey | undefined;
  }>,
): Promise<IndexEntry | undefined> {
  const read = (after: { readonly after?: DocumentKey }) =>
    scan({ scope: key.scope, limit: 16, ...after });
  for await (const { entries } of pages(read, keyBefore(key))) {
    const reached = entries.find((entry) => compareKeys(entry, key) >= 0);
    if (reached) return compareKeys(reached, key) === 0 ? reached : undefined;
  }
  return undefined;
}

async function quarantineOf(
  { documents }: Parts,
  key: DocumentKey,
  options: CallOptions,
): Promise<DocumentConsistency["quarantined"]> {
  const after = keyBefore(key) ?? { scope: key.scope, id: "\u0001" };
  const some = await documents.outbox.quarantined({
    limit: 16,
    after,
    ...withSignal(options.signal),
  });
  const entry = some.find((candidate) => compareKeys(candidate, key) === 0);
  if (entry === undefined) return undefined;
  const { attempts, lastError } = entry;
  return { attempts, ...(lastError !== undefined && { lastError }) };
}
