import {
  isPalimpsestError,
  type Filter,
  type JsonObject,
  matchesFilter,
  type PalimpsestError,
  type PalimpsestErrorCode,
  sealDocument,
  type SemanticStore,
  type StoredDocument,
  throwIfAborted,
} from "@palimpsest/core";
import type { ImportProgress, ImportReport, QuarantinedRow } from "./import-report.ts";
import type { StagedDocument, Outcome, Staging } from "./staging.ts";

export interface ImportJob {
  /** Identifies the same work in a later process: same rows, same options, same importer. */
  readonly id: string;
  readonly scope: string;
  readonly staging: Staging;
  readonly store: SemanticStore;
  /** Matches every document that this kind of import writes, and no other. */
  readonly mark: Filter;
  /** Leaves a document of the target alone that has a record's id but not the mark. */
  readonly keepForeign?: boolean;
  readonly onProgress: (progress: ImportProgress) => void;
  readonly signal: AbortSignal | undefined;
}

type Counts = Record<Outcome, number>;

export type JobResult = Counts &
  Pick<ImportReport, "verified" | "mismatches" | "extra"> & {
    readonly poisoned: readonly QuarantinedRow[];
  };

/**
 * Compares, writes what differs, reads everything back. The plan's counts are durable before the
 * first write, so a killed job that is run again ends with the report of an undisturbed one.
 */
export async function runImportJob(job: ImportJob): Promise<JobResult> {
  const name = planName(job.id);
  const saved = unfinished(await job.store.settings.get(name));
  const { counts: found, poisoned } = await compare(job);
  const counts = saved ?? found;
  if (saved === undefined) await job.store.settings.set(name, { state: "applying", ...counts });
  poisoned.push(...(await apply(job, counts)));
  return { ...counts, ...(await verify(job)), poisoned };
}

/** Ends the job: the next run of the same source is a new one. */
export async function finishImportJob(
  store: SemanticStore,
  id: string,
  { imported, updated, unchanged }: JobResult,
): Promise<void> {
  await store.settings.set(planName(id), { state: "complete", imported, updated, unchanged });
}

function planName(id: string): string {
  return `import/${id}`;
}

function unfinished(plan: JsonObject | undefined): Counts | undefined {
  if (plan?.["state"] !== "applying") return undefined;
  return {
    imported: Number(plan["imported"]),
    updated: Number(plan["updated"]),
    unchanged: Number(plan["unchanged"]),
  };
}

interface Comparison {
  readonly counts: Counts;
  readonly poisoned: QuarantinedRow[];
}

async function compare(job: ImportJob): Promise<Comparison> {
  const counts: Counts = { imported: 0, updated: 0, unchanged: 0 };
  const poisoned: QuarantinedRow[] = [];
  await eachBatch(job, "plan", async (batch) => {
    const stored = await job.store.getMany(batch);
    batch.forEach((document, i) => {
      if (isForeign(job, stored[i])) {
        poisoned.push(poison(job, document, foreignReason));
        return;
      }
      const outcome = outcomeOf(document, stored[i]);
      counts[outcome]++;
      job.staging.setOutcome(document, outcome);
    });
  });
  return { counts, poisoned };
}

const foreignReason =
  "the target has a document of this id from elsewhere; import into another scope";

function isForeign(job: ImportJob, stored: StoredDocument | undefined): boolean {
  return (
    job.keepForeign === true && stored !== undefined && !matchesFilter(job.mark, stored.metadata)
  );
}

function poison(job: ImportJob, document: StagedDocument, reason: string): QuarantinedRow {
  job.staging.poison(document);
  return { table: document.table, row: document.row, reason };
}

function outcomeOf(document: StagedDocument, stored: StoredDocument | undefined): Outcome {
  if (stored === undefined) return "imported";
  return stored.digest === document.digest ? "unchanged" : "updated";
}

/** Writes what differs. `counts` loses the documents that the target refused. */
async function apply(job: ImportJob, counts: Counts): Promise<QuarantinedRow[]> {
  const poisoned: QuarantinedRow[] = [];
  await eachBatch(job, "apply", async (batch) => {
    const pending = batch.filter((document) => job.staging.outcomeOf(document) !== "unchanged");
    for (const { document, error } of await writeBisecting(job, pending)) {
      counts[job.staging.outcomeOf(document)]--;
      poisoned.push(poison(job, document, `the target refused the document (${error.code})`));
    }
  });
  return poisoned;
}

interface Refusal {
  readonly document: StagedDocument;
  readonly error: PalimpsestError;
}

/** Errors that one document can cause by itself; any other is the target's and ends the job. */
const documentErrors: ReadonlySet<PalimpsestErrorCode> = new Set([
  "E_INVALID_INPUT",
  "E_EMBEDDING_FAILED",
]);

async function writeBisecting(
  job: ImportJob,
  documents: readonly StagedDocument[],
): Promise<Refusal[]> {
  if (documents.length === 0) return [];
  const refused = await bisect(job, documents);
  const [first] = refused;
  // An embedder that refuses every document is out of order, not offended by each.
  if (first?.error.code === "E_EMBEDDING_FAILED" && refused.length === documents.length) {
    throw first.error;
  }
  return refused;
}

async function bisect(job: ImportJob, documents: readonly StagedDocument[]): Promise<Refusal[]> {
  try {
    await job.store.upsertMany(documents.map(toInput), options(job));
    return [];
  } catch (error) {
    if (!isDocumentError(error)) throw error;
    const [only] = documents;
    if (documents.length === 1 && only) return [{ document: only, error }];
    const middle = documents.length >> 1;
    const left = await bisect(job, documents.slice(0, middle));
    return [...left, ...(await bisect(job, documents.slice(middle)))];
  }
}

function isDocumentError(error: unknown): error is PalimpsestError {
  return isPalimpsestError(error) && !error.documentStayed && documentErrors.has(error.code);
}

function toInput({ scope, id, text, metadata, timestamp }: StagedDocument): {
  scope: string;
  id: string;
  text: string;
  metadata: JsonObject;
  timestamp: number;
} {
  return { scope, id, text, metadata, timestamp };
}

/** Both ways: each row's document is in the target, and each imported document has its row. */
async function verify(job: ImportJob): Promise<Omit<JobResult, Outcome | "poisoned">> {
  let verified = 0;
  let mismatches = 0;
  await eachBatch(job, "verify", async (batch) => {
    const stored = await job.store.getMany(batch);
    batch.forEach((document, i) => {
      if (digestOf(stored[i]) === document.digest) verified++;
      else mismatches++;
    });
  });
  return { verified, mismatches, extra: await countExtra(job) };
}

/** Recomputed from the content: the digest a store keeps beside it proves nothing about it. */
function digestOf(stored: StoredDocument | undefined): string | undefined {
  if (stored === undefined) return undefined;
  const { scope, id, text, metadata, timestamp } = stored;
  return sealDocument({ scope, id, text, metadata, timestamp }).digest;
}

async function countExtra(job: ImportJob): Promise<number> {
  let extra = 0;
  const imported = job.store.scan({
    scope: job.scope,
    filter: job.mark,
    ...options(job),
  });
  for await (const document of imported) {
    if (!job.staging.has(document.id)) extra++;
  }
  return extra;
}

function options(job: ImportJob): { signal?: AbortSignal } {
  return job.signal ? { signal: job.signal } : {};
}

async function eachBatch(
  job: ImportJob,
  phase: ImportProgress["phase"],
  visit: (batch: readonly StagedDocument[]) => Promise<void>,
): Promise<void> {
  const total = job.staging.count();
  let done = 0;
  job.onProgress({ phase, done, total });
  for (const batch of job.staging.batches()) {
    throwIfAborted(job.signal);
    await visit(batch);
    done += batch.length;
    job.onProgress({ phase, done, total });
  }
}
