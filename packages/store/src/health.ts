import {
  type CallOptions,
  isPalimpsestError,
  type PalimpsestErrorCode,
  type OutboxStats,
} from "@palimpsest/core";
import { withSignal } from "./inputs.ts";
import { messageOf } from "./outbox-drain.ts";
import type { Parts } from "./parts.ts";

export type PartRole = "documents" | "vectors" | "lexical" | "embedder";

export interface PartHealth {
  readonly role: PartRole;
  /** Driver name or model id. */
  readonly name: string;
  readonly reachable: boolean;
  readonly problem?: { readonly code: PalimpsestErrorCode; readonly message: string };
}

export interface StoreHealth {
  /** Every part probed answered. */
  readonly healthy: boolean;
  readonly parts: readonly PartHealth[];
}

export interface HealthOptions extends CallOptions {
  /** Also embeds one word, which a hosted model bills. @defaultValue true */
  readonly embedder?: boolean;
}

export interface StoreStats {
  /** Live documents of all scopes. */
  readonly documents: number;
  readonly vectors: number;
  readonly outbox: OutboxStats;
}

/** Asks every part a small question. Never throws for a part that is down: that is the answer. */
export async function checkHealth(parts: Parts, options: HealthOptions): Promise<StoreHealth> {
  const { documents, vectors, lexical, embedding } = parts;
  const signal = withSignal(options.signal);
  const { modelId } = embedding.embedder;
  const probes = [
    probe("documents", documents.name, () => documents.outbox.stats(signal)),
    probe("vectors", vectors.name, () => vectors.describe(signal)),
    probe("lexical", lexical.name, () => lexical.documentFrequency(["health"], signal)),
  ];
  if (options.embedder !== false) {
    probes.push(
      probe("embedder", modelId, () => embedding.query("health", undefined, options.signal)),
    );
  }
  const answers = await Promise.all(probes);
  return { healthy: answers.every(({ reachable }) => reachable), parts: answers };
}

async function probe(
  role: PartRole,
  name: string,
  ask: () => Promise<unknown>,
): Promise<PartHealth> {
  try {
    await ask();
    return { role, name, reachable: true };
  } catch (error) {
    const code = isPalimpsestError(error) ? error.code : "E_UNAVAILABLE";
    return { role, name, reachable: false, problem: { code, message: messageOf(error) } };
  }
}

export async function readStats(parts: Parts, options: CallOptions): Promise<StoreStats> {
  const signal = withSignal(options.signal);
  const [documents, { count: vectors }, outbox] = await Promise.all([
    parts.documents.count({ allScopes: true, ...signal }),
    parts.vectors.describe(signal),
    parts.documents.outbox.stats(signal),
  ]);
  return { documents, vectors, outbox };
}
