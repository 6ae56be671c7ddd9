import { fileURLToPath } from "node:url";
import {
  type JsonObject,
  PalimpsestError,
  type StorageEngine,
  type TokenCounter,
} from "@palimpsest/core";
import { type ImportProgress, importLuminora } from "@palimpsest/migration";
import type { SemanticStore } from "@palimpsest/store";
import { z } from "zod";

const samplePath = fileURLToPath(new URL("../sample/luminora-v1.1.sqlite", import.meta.url));
const settingName = "reference/sample";

export interface AdoptOptions {
  readonly store: SemanticStore;
  readonly engine: StorageEngine;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
}

const count = z.number().int();

// Read back from a file that others may write to, so it is checked like any input.
const countsSchema = z.object({
  read: count,
  imported: count,
  updated: count,
  unchanged: count,
  quarantined: count,
  lossyInV1: count,
  redacted: count,
  verified: count,
  mismatches: count,
});

type SampleCounts = z.infer<typeof countsSchema>;

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
  const earlier = await store.settings.get(settingName);
  if (earlier !== undefined) return { counts: parseCounts(earlier), now: false };
  const report = await importLuminora({
    source: samplePath,
    target: { store, lock: (name) => engine.lock(name) },
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const counts = countsSchema.parse(report);
  await store.settings.set(settingName, counts);
  return { counts, now: true };
}

/** @throws `E_CORRUPT` when the setting is not what an earlier start has written */
function parseCounts(setting: JsonObject): SampleCounts {
  const { success, data } = countsSchema.safeParse(setting);
  if (success) return data;
  const remedy = "delete the store to adopt the sample again";
  throw new PalimpsestError("E_CORRUPT", `the report of the adopted sample is damaged; ${remedy}`);
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
