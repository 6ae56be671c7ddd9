import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { checkScope, throwIfAborted } from "@palimpsest/core";
import { finishImportJob, type JobResult, runImportJob } from "../import-job.ts";
import type { ImportProgress, ImportReport, QuarantinedRow } from "../import-report.ts";
import { type ImportRun, type ImportTarget, trySeal, underImportLock } from "../import-target.ts";
import { Staging } from "../staging.ts";
import { createTempFolder } from "../temp-folder.ts";
import type { LossReason } from "./loss.ts";
import { type LuminoraSource, openLuminora } from "./open-luminora.ts";
import { type RowContext, rowToDocument } from "./row-document.ts";
import type { LuminoraRow } from "./row.ts";
import { findSessionOwners } from "./session-owners.ts";
import { createTimeReader, type TimeReader } from "./time.ts";

export interface ImportLuminoraOptions {
  /** Path of the v1 SQLite file, which is only read; or one already opened, which stays open. */
  readonly source: string | LuminoraSource;
  readonly target: ImportTarget;
  /** Tenant that receives the documents. @defaultValue `""` */
  readonly scope?: string | undefined;
  /** IANA zone of the machine that wrote v1's times. @defaultValue `"UTC"` */
  readonly timezone?: string | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Part of the job's id: a changed conversion must not resume an older version's plan. */
const importerVersion = 1;
const quarantineShown = 100;

/**
 * Imports a LuminoraCore v1 SQLite database. Running it again changes nothing; a killed or aborted
 * import is finished by running it again, with the report of an undisturbed one.
 * @throws `E_NOT_FOUND`, `E_INVALID_INPUT`, `E_CORRUPT`, `E_UNSUPPORTED`, `E_UNAVAILABLE`, `E_FULL`
 * for a source that cannot be read; `E_LOCKED` when the source keeps changing or another import is
 * writing to the target; `E_ABORTED`; and whatever the target throws
 */
export async function importLuminora(options: ImportLuminoraOptions): Promise<ImportReport> {
  const scope = options.scope ?? "";
  checkScope(scope);
  const readTime = createTimeReader(options.timezone ?? "UTC");
  return await underImportLock(options.target, () => runLocked({ ...options, scope }, readTime));
}

/** Leaves nothing behind but the documents and the plan. */
async function runLocked(
  options: ScopedOptions,
  readTime: TimeReader,
): Promise<ImportRun<ImportReport>> {
  if (typeof options.source !== "string") return runOn(options.source, options, readTime);
  using source = await openLuminora(options.source, { signal: options.signal });
  return await runOn(source, options, readTime);
}

type ScopedOptions = ImportLuminoraOptions & { readonly scope: string };

async function runOn(
  source: LuminoraSource,
  options: ScopedOptions,
  readTime: TimeReader,
): Promise<ImportRun<ImportReport>> {
  const { scope, timezone = "UTC", target, signal } = options;
  using folder = createTempFolder();
  using staging = new Staging(join(folder.path, "staging.sqlite"), scope);
  const sessionOwners = findSessionOwners(source);
  const rows = await stageRows(source, staging, { scope, readTime, sessionOwners }, options);
  const jobId = rows.jobId([scope, timezone]);
  const result = await runImportJob({
    id: jobId,
    scope,
    staging,
    store: target.store,
    mark: { op: "eq", path: ["v1", "system"], value: "luminora" },
    onProgress: options.onProgress ?? (() => {}),
    signal,
  });
  return {
    report: toReport(source, rows, result),
    finish: () => finishImportJob(target.store, jobId, result),
  };
}

/** What reading the source found out, row by row. */
class RowTally {
  read = 0;
  lossy = 0;
  redacted = 0;
  readonly quarantine: QuarantinedRow[] = [];
  readonly losses: Map<LossReason, number> = new Map();
  readonly #hash: Hash = createHash("sha256");

  staged(row: LuminoraRow, digest: string): void {
    this.#hash.update(JSON.stringify([row.table, row.row, digest]));
  }

  refuse(row: LuminoraRow, reason: string): void {
    this.quarantine.push({ table: row.table, row: row.row, reason });
    this.#hash.update(JSON.stringify([row.table, row.row, reason]));
  }

  note(reasons: ReadonlySet<LossReason>, redacted: boolean): void {
    if (redacted) this.redacted++;
    if (reasons.size > (reasons.has("missing-zone") ? 1 : 0)) this.lossy++;
    for (const reason of reasons) this.losses.set(reason, (this.losses.get(reason) ?? 0) + 1);
  }

  jobId(parameters: readonly string[]): string {
    return this.#hash.update(JSON.stringify([importerVersion, ...parameters])).digest("hex");
  }
}

async function stageRows(
  source: LuminoraSource,
  staging: Staging,
  context: RowContext,
  options: ImportLuminoraOptions,
): Promise<RowTally> {
  const tally = new RowTally();
  const total = source.tables.reduce((sum, table) => sum + table.rows, 0);
  for (const row of source.rows()) {
    if (tally.read % 500 === 0) {
      options.onProgress?.({ phase: "read", done: tally.read, total });
      await nextTurn();
      throwIfAborted(options.signal);
    }
    tally.read++;
    stageRow(row, staging, context, tally);
  }
  options.onProgress?.({ phase: "read", done: tally.read, total });
  return tally;
}

function stageRow(row: LuminoraRow, staging: Staging, context: RowContext, tally: RowTally): void {
  const converted = rowToDocument(row, context);
  if ("refused" in converted) return tally.refuse(row, converted.refused);
  tally.note(converted.reasons, converted.redacted);
  const sealed = trySeal(converted.document);
  if ("refused" in sealed) return tally.refuse(row, sealed.refused);
  if (!staging.add(sealed, row.table, row.row)) {
    return tally.refuse(row, "an earlier row of this file has the same id");
  }
  tally.staged(row, sealed.digest);
}

function toReport(source: LuminoraSource, rows: RowTally, result: JobResult): ImportReport {
  const quarantine = [...rows.quarantine, ...result.poisoned];
  const byName = [...rows.losses].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    read: rows.read,
    imported: result.imported,
    updated: result.updated,
    unchanged: result.unchanged,
    quarantined: quarantine.length,
    lossyInV1: rows.lossy,
    redacted: rows.redacted,
    verified: result.verified,
    mismatches: result.mismatches,
    extra: result.extra,
    lossReasons: Object.fromEntries(byName),
    quarantine: quarantine.slice(0, quarantineShown),
    unknownTables: source.unknownTables,
    source: {
      schema: source.schema,
      tables: Object.fromEntries(source.tables.map(({ name, rows: count }) => [name, count])),
    },
  };
}
