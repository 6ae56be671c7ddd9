import {
  type CallOptions,
  type DocumentKey,
  type OutboxEntry,
  PalimpsestError,
  type ScopeSelector,
} from "@palimpsest/core";
import { type Finding, findDivergence, type Range, type Scanned } from "./divergence.ts";
import { toSelector, withSignal } from "./inputs.ts";
import { pages } from "./pages.ts";
import type { Parts } from "./parts.ts";

export type ConsistencyProblemKind =
  /** The document has text but no entry in an index. */
  | "missing"
  /** An index entry without a document that should have it. */
  | "orphan"
  /** An index entry of another revision than the document. */
  | "stale"
  /** Its outbox entry was given up after too many attempts. */
  | "quarantined"
  /** The vector index has another dimension than the embedder. */
  | "dimension"
  /** The vector index was built with another model. */
  | "model";

export interface ConsistencyProblem {
  readonly kind: ConsistencyProblemKind;
  /** Both empty for problems of the whole index. */
  readonly scope: string;
  readonly id: string;
  readonly detail: string;
}

/** Counts are of documents, except `vectors` and `orphans`. */
export interface ConsistencyReport {
  /** No problem of any kind. */
  readonly healthy: boolean;
  /** Live documents compared. */
  readonly documents: number;
  /** Those among them with an empty text: stored, never indexed. */
  readonly unindexed: number;
  /** Entries of the vector index. */
  readonly vectors: number;
  readonly missing: number;
  /** Index entries; a key may have one in each index. */
  readonly orphans: number;
  readonly stale: number;
  readonly quarantined: number;
  /** Documents with agreeing entries among those with a text; 1 for none at all. */
  readonly ratio: number;
  /** Outbox entries of the whole store still waiting: what is missing or stale may only be late. */
  readonly pending: number;
  /** The first problems found, see `ConsistencyOptions.limit`. */
  readonly problems: readonly ConsistencyProblem[];
}

/** Everything unless a scope is given. */
export type ConsistencyOptions = CallOptions &
  ScopeSelector & {
    /** Most problems listed; all are counted. @defaultValue 100 */
    readonly limit?: number;
  };

export type ConsistencyReportOptions = CallOptions &
  ScopeSelector & {
    /** Documents to compare, in key order. @defaultValue 100 */
    readonly limit?: number;
    /** Compares all of them. */
    readonly full?: boolean;
    /** Goes on after this key: the `next` of the report before. */
    readonly after?: DocumentKey;
  };

export interface PartialConsistencyReport extends ConsistencyReport {
  /** Everything up to the end was compared. */
  readonly complete: boolean;
  /** Where to go on; undefined when complete. */
  readonly next: DocumentKey | undefined;
}

/** A report on part of the documents; entries without a document are found between their keys. */
export async function reportConsistency(
  parts: Parts,
  options: ConsistencyReportOptions,
): Promise<PartialConsistencyReport> {
  const { limit: most, full = false, after, ...rest } = options;
  if (full && most !== undefined) {
    throw new PalimpsestError("E_INVALID_INPUT", "give either `limit` or `full`, not both");
  }
  const documents = full ? Number.POSITIVE_INFINITY : (most ?? 100);
  if (!(documents >= 1)) {
    throw new PalimpsestError("E_INVALID_INPUT", `limit must be 1 or more, got ${documents}`);
  }
  let next: DocumentKey | undefined;
  const range: Range = { documents, onEnd: (key) => (next = key), ...(after && { after }) };
  const report = await checkConsistency(parts, rest, undefined, range);
  return { ...report, complete: next === undefined, next };
}

const limit = 1000;

/**
 * Compares documents, vectors and lexical entries by reading all three in key order, in constant
 * memory. Documents written during the check are left to their own outbox entries.
 * @param onFindings - gets every finding, page by page
 */
export async function checkConsistency(
  parts: Parts,
  options: ConsistencyOptions,
  onFindings: (findings: readonly Finding[]) => Promise<void> = async () => undefined,
  range: Range = {},
): Promise<ConsistencyReport> {
  const { limit: listed = 100, signal } = options;
  const selector: ScopeSelector =
    options.scope === undefined ? { allScopes: true } : toSelector(options);
  const scanned: Scanned = { documents: 0, unindexed: 0, vectors: 0 };
  const texts = (): number => scanned.documents - scanned.unindexed;
  const counts = { missing: 0, orphan: 0, stale: 0, quarantined: 0 };
  const problems: ConsistencyProblem[] = await indexProblems(parts);
  const healthyIndex = problems.length === 0;
  const list = (problem: ConsistencyProblem): void => {
    if (problems.length < listed) problems.push(problem);
  };
  for await (const entries of quarantined(parts, options)) {
    counts.quarantined += entries.length;
    for (const { scope, id, attempts, lastError } of entries) {
      list({ kind: "quarantined", scope, id, detail: `${attempts} attempts: ${lastError ?? "?"}` });
    }
  }
  for await (const findings of findDivergence(parts, selector, scanned, range, signal)) {
    for (const finding of findings) {
      counts[finding.kind]++;
      const { scope, id } = finding.key;
      list({ kind: finding.kind, scope, id, detail: finding.detail });
    }
    await onFindings(findings);
  }
  const { missing, orphan: orphans, stale, quarantined: given } = counts;
  return {
    healthy: healthyIndex && missing + orphans + stale + given === 0,
    documents: scanned.documents,
    unindexed: scanned.unindexed,
    vectors: scanned.vectors,
    missing,
    orphans,
    stale,
    quarantined: given,
    ratio: texts() === 0 ? 1 : Math.max(0, texts() - missing - stale) / texts(),
    pending: (await parts.documents.outbox.stats(withSignal(signal))).pending,
    problems,
  };
}

/** The entries given up, in key order, page by page. */
export async function* quarantined(
  { documents }: Parts,
  options: Pick<ConsistencyOptions, "scope" | "signal">,
): AsyncGenerator<OutboxEntry[]> {
  const read = async (after: { readonly after?: DocumentKey }) => {
    const entries = await documents.outbox.quarantined({
      limit,
      ...after,
      ...withSignal(options.signal),
    });
    const last = entries.length === limit ? entries.at(-1) : undefined;
    return { entries, next: last && { scope: last.scope, id: last.id } };
  };
  for await (const { entries } of pages(read)) {
    yield entries.filter(({ scope }) => options.scope === undefined || scope === options.scope);
  }
}

async function indexProblems({ vectors, embedding }: Parts): Promise<ConsistencyProblem[]> {
  const { modelId, dimension } = await vectors.describe();
  const { embedder } = embedding;
  const problems: ConsistencyProblem[] = [];
  const add = (kind: "dimension" | "model", detail: string): void => {
    problems.push({ kind, scope: "", id: "", detail });
  };
  if (dimension !== embedder.dimension) {
    add("dimension", `index has ${dimension}, embedder ${embedder.dimension}`);
  }
  if (modelId !== embedder.modelId) {
    add("model", `index has ${modelId}, embedder ${embedder.modelId}`);
  }
  return problems;
}
