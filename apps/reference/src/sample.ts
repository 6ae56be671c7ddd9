import { fileURLToPath } from "node:url";
import type { JsonObject, StorageEngine, TokenCounter } from "@palimpsest/core";
import { type ImportProgress, importLuminora, type ImportReport } from "@palimpsest/migration";
import type { SemanticStore } from "@palimpsest/store";

const samplePath = fileURLToPath(new URL("../sample/luminora-v1.1.sqlite", import.meta.url));
const setting = "reference/sample";

export interface AdoptOptions {
  readonly store: SemanticStore;
  readonly engine: StorageEngine;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
}

type SampleCounts = Pick<
  ImportReport,
  | "read"
  | "imported"
  | "updated"
  | "unchanged"
  | "quarantined"
  | "lossyInV1"
  | "redacted"
  | "verified"
  | "mismatches"
>;

export interface Adoption {
  readonly counts: SampleCounts;
  /** False when an earlier start had done it. */
  readonly now: boolean;
}

/**
 * Imports the bundled v1 database once. Later starts only repeat its report: importing again would
 * bring back what the user has deleted since. An interrupted import is resumed.
 */
export async function adoptSample({
  store,
  engine,
  onProgress,
  signal,
}: AdoptOptions): Promise<Adoption> {
  const earlier = await store.settings.get(setting);
  if (earlier !== undefined) return { counts: earlier as unknown as SampleCounts, now: false };
  const report = await importLuminora({
    source: samplePath,
    target: { store, lock: (name) => engine.lock(name) },
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const counts = countsOf(report);
  await store.settings.set(setting, counts);
  return { counts, now: true };
}

function countsOf(report: ImportReport): SampleCounts & JsonObject {
  const {
    read,
    imported,
    updated,
    unchanged,
    quarantined,
    lossyInV1,
    redacted,
    verified,
    mismatches,
  } = report;
  return {
    read,
    imported,
    updated,
    unchanged,
    quarantined,
    lossyInV1,
    redacted,
    verified,
    mismatches,
  };
}

export interface TokenCost {
  readonly query: string;
  readonly hits: number;
  /** Tokens of the hits as pretty-printed-free JSON, the way an API returns them. */
  readonly json: number;
  /** Tokens of the same hits as `context` gives them to a model. */
  readonly context: number;
}

/** What one search result costs a model, as JSON and as context lines. */
export async function measureTokens(
  store: SemanticStore,
  counter: TokenCounter,
): Promise<TokenCost> {
  const query = "favourite sport";
  const hits = await store.search(query, { k: 5 });
  const context = await store.context(query, { k: 5, budget: 100_000, counter });
  return {
    query,
    hits: hits.length,
    json: counter.count(JSON.stringify({ hits })),
    context: context.tokens,
  };
}
