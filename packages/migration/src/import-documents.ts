import { createHash, hash } from "node:crypto";
import { join } from "node:path";
import {
  checkScope,
  type Document,
  type Filter,
  type JsonObject,
  throwIfAborted,
} from "@palimpsest/core";
import { finishImportJob, type JobResult, runImportJob } from "./import-job.ts";
import type { ImportProgress, QuarantinedRow } from "./import-report.ts";
import { type ImportRun, type ImportTarget, trySeal, underImportLock } from "./import-target.ts";
import { type StagedDocument, type StagedRevision, Staging } from "./staging.ts";
import { createTempFolder } from "./temp-folder.ts";

/** A document of a source; the scope is the import's. */
export type SourceDocument = Omit<Document, "scope">;

/** One record of a source: a document, or why it cannot be one. */
export type SourceRecord = {
  readonly table: string;
  /** Names the record in the report. */
  readonly row: string | number;
  /** What the report counts by name. */
  readonly notes?: readonly string[];
} & (
  | { readonly document: SourceDocument; readonly revision?: StagedRevision }
  | { readonly refused: string }
);

/** What was read so far. */
export interface ReadRecords {
  /** Whether a record of this document's id was read, also one that was refused. */
  has(id: string): boolean;
}

/** Where documents come from; read from the start at each run. */
export interface DocumentSource {
  /** Names the source and how it is read; a plan is resumed only by an equal one. */
  readonly identity: JsonObject;
  /** Matches every document of this source, and no other. */
  readonly mark: Filter;
  /** Records in all, for progress. */
  readonly total: number;
  records(read: ReadRecords): AsyncIterable<SourceRecord>;
  /** A document as it is kept when a newer one of its id takes the id; the import sets the older id. */
  older(document: SourceDocument): SourceDocument;
}

export interface ImportDocumentsOptions {
  readonly source: DocumentSource;
  readonly target: ImportTarget;
  /** Tenant that receives the documents. @defaultValue `""` */
  readonly scope?: string | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What an import did: counts and names of records, never their text. */
export interface DocumentsReport {
  /** = imported + updated + unchanged + quarantined */
  readonly read: number;
  readonly imported: number;
  readonly updated: number;
  /** The target already held exactly this document. */
  readonly unchanged: number;
  readonly quarantined: number;
  /** Documents read back from the target whose recomputed digest is that of their record. */
  readonly verified: number;
  /** Documents that are absent from the target or differ from their record. */
  readonly mismatches: number;
  /** Documents of an earlier import in this scope that no record explains. */
  readonly extra: number;
  /** Records by what the source noted about them. */
  readonly notes: Readonly<Record<string, number>>;
  /** The first hundred quarantined records. */
  readonly quarantine: readonly QuarantinedRow[];
  /** Records by table. */
  readonly tables: Readonly<Record<string, number>>;
}

/** Part of the job's id: a changed way to stage must not resume an older version's plan. */
const importerVersion = 1;
const quarantineShown = 100;
const olderRevision = "older-revision";

/**
 * Imports any source. Running it again changes nothing; a killed or aborted import is finished by
 * running it again, with the report of an undisturbed one.
 * @throws `E_LOCKED` when another import is writing to the target, `E_ABORTED`, `E_FULL`, and
 * whatever source and target throw
 */
export async function importDocuments(options: ImportDocumentsOptions): Promise<DocumentsReport> {
  checkScope(options.scope ?? "");
  return await underImportLock(options.target, () => runLocked(options));
}

async function runLocked({
  source,
  target,
  scope = "",
  onProgress = () => {},
  signal,
}: ImportDocumentsOptions): Promise<ImportRun<DocumentsReport>> {
  using folder = createTempFolder();
  using staging = new Staging(join(folder.path, "staging.sqlite"), scope);
  const intake = new Intake(source, staging, scope);
  for await (const record of source.records(intake)) {
    throwIfAborted(signal);
    if (intake.read % 500 === 0) {
      onProgress({ phase: "read", done: intake.read, total: source.total });
    }
    intake.take(record);
  }
  onProgress({ phase: "read", done: intake.read, total: Math.max(source.total, intake.read) });
  const id = intake.jobId();
  const { mark } = source;
  const { store } = target;
  const job = { id, scope, staging, store, mark, keepForeign: true, onProgress, signal };
  const result = await runImportJob(job);
  return { report: toReport(intake, result), finish: () => finishImportJob(store, id, result) };
}

/** Stages records, so that each id is the newest's and every older one keeps an id of its own. */
class Intake implements ReadRecords {
  read = 0;
  readonly notes: Map<string, number> = new Map();
  readonly tables: Map<string, number> = new Map();
  readonly quarantine: QuarantinedRow[] = [];
  readonly #source: DocumentSource;
  readonly #staging: Staging;
  readonly #scope: string;
  readonly #refused = new Set<string>();

  constructor(source: DocumentSource, staging: Staging, scope: string) {
    this.#source = source;
    this.#staging = staging;
    this.#scope = scope;
  }

  has(id: string): boolean {
    return this.#staging.has(id) || this.#refused.has(id);
  }

  take(record: SourceRecord): void {
    this.read++;
    count(this.tables, record.table);
    for (const note of record.notes ?? []) count(this.notes, note);
    if ("refused" in record) return this.#refuse(record, record.refused);
    const { document, revision } = record;
    const present = revision && this.#staging.find(document.id);
    if (revision === undefined || present === undefined)
      return this.#stage(record, document, revision);
    count(this.notes, olderRevision);
    if (present.revision === undefined || compareRanks(revision, present.revision) <= 0) {
      return this.#stageOlder(record, document, revision);
    }
    this.#staging.remove(present);
    this.#stage(record, document, revision);
    this.#stageOlder(present, plain(present), present.revision);
  }

  #stageOlder(
    at: RecordName,
    document: SourceDocument,
    revision: StagedRevision | undefined,
  ): void {
    const older = { ...this.#source.older(document), id: revision?.olderId ?? document.id };
    this.#stage(at, older, undefined);
  }

  #stage(at: RecordName, document: SourceDocument, revision: StagedRevision | undefined): void {
    const sealed = trySeal({ ...document, scope: this.#scope });
    if ("refused" in sealed) {
      this.#refused.add(document.id);
      return this.#refuse(at, sealed.refused);
    }
    if (this.#staging.add(sealed, at.table, at.row, revision)) return;
    this.#refuse(at, "another record has the same id");
  }

  #refuse({ table, row }: RecordName, reason: string): void {
    this.quarantine.push({ table, row, reason });
  }

  jobId(): string {
    const job = createHash("sha256");
    job.update(JSON.stringify([importerVersion, this.#scope, this.#source.identity]));
    for (const entry of this.#staging.digests()) job.update(JSON.stringify(entry));
    const refusals = this.quarantine.map((entry) => hash("sha256", JSON.stringify(entry)));
    return job.update(JSON.stringify(refusals.toSorted())).digest("hex");
  }
}

type RecordName = Pick<SourceRecord, "table" | "row">;

function plain({ id, text, metadata, timestamp }: StagedDocument): SourceDocument {
  return { id, text, metadata, timestamp };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function compareRanks(a: StagedRevision, b: StagedRevision): number {
  for (const [i, item] of a.rank.entries()) {
    const other = b.rank[i];
    if (other === undefined || item === other) continue;
    return item < other ? -1 : 1;
  }
  return 0;
}

function toReport(intake: Intake, result: JobResult): DocumentsReport {
  const { imported, updated, unchanged, verified, mismatches, extra } = result;
  const quarantine = [...intake.quarantine, ...result.poisoned];
  return {
    read: intake.read,
    imported,
    updated,
    unchanged,
    quarantined: quarantine.length,
    verified,
    mismatches,
    extra,
    notes: byName(intake.notes),
    quarantine: quarantine.slice(0, quarantineShown),
    tables: byName(intake.tables),
  };
}

function byName(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
