import {
  checkConsistency,
  type ConsistencyOptions,
  type ConsistencyReport,
  quarantined,
} from "./consistency.ts";
import type { Finding } from "./divergence.ts";
import type { Indexer } from "./indexer.ts";
import type { FlushStats } from "./index-worker.ts";
import type { Parts } from "./parts.ts";

export type RepairOptions = ConsistencyOptions & {
  /** Report only. @defaultValue false */
  readonly dryRun?: boolean;
};

export interface RepairReport {
  readonly dryRun: boolean;
  /** Missing or stale documents queued for indexing (with `dryRun`: that would be). */
  readonly queued: number;
  /** Index entries without a document that were deleted. */
  readonly orphansDeleted: number;
  /** Quarantined entries put back into circulation. */
  readonly released: number;
  /** What draining the outbox did; undefined with `dryRun`. */
  readonly drained: FlushStats | undefined;
  readonly before: ConsistencyReport;
  /** Undefined with `dryRun`. */
  readonly after: ConsistencyReport | undefined;
  /** Of the last check made. */
  readonly healthy: boolean;
}

/** Rebuilds what diverges from the documents, then checks again. */
export async function repair(
  parts: Parts,
  indexer: Indexer,
  flush: () => Promise<FlushStats>,
  options: RepairOptions,
): Promise<RepairReport> {
  const { dryRun = false } = options;
  const before = await checkConsistency(parts, options, async (findings) => {
    if (!dryRun) await fix(parts, indexer, findings);
  });
  if (!dryRun) await release(parts, options);
  const drained = dryRun ? undefined : await flush();
  const after = dryRun ? undefined : await checkConsistency(parts, options);
  return {
    dryRun,
    queued: before.missing + before.stale,
    orphansDeleted: before.orphans,
    released: before.quarantined,
    drained,
    before,
    after,
    healthy: (after ?? before).healthy,
  };
}

async function fix(parts: Parts, indexer: Indexer, findings: readonly Finding[]): Promise<void> {
  const removed = findings.filter(({ kind, ahead }) => kind === "orphan" || ahead);
  if (removed.length > 0) await indexer.removeOrphans(removed.map(({ key }) => key));
  const queued = findings.filter(({ kind }) => kind !== "orphan").map(({ key }) => key);
  if (queued.length > 0) await parts.documents.outbox.enqueue(queued);
}

/** Reads on behind what it releases, so the pages stay whole. */
async function release(parts: Parts, options: RepairOptions): Promise<void> {
  for await (const entries of quarantined(parts, options)) {
    const keys = entries.map(({ scope, id }) => ({ scope, id }));
    if (keys.length > 0) await parts.documents.outbox.enqueue(keys);
  }
}
