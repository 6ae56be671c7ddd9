import {
  type CallOptions,
  isPalimpsestError,
  type PalimpsestErrorCode,
  type OutboxStats,
  throwIfAborted,
  type VectorIndexDescription,
} from "@palimpsest/core";
import { withDeadline } from "./deadline.ts";
import { withSignal } from "./inputs.ts";
import type { WorkerStatus } from "./index-worker.ts";
import type { Consistency } from "./options.ts";
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
  /** Undefined while the vector index does not answer; `problems` then says why. */
  readonly vectors: number | undefined;
  readonly outbox: OutboxStats;
  readonly queue: QueueStats;
  /** The parts that did not answer; empty when all did. */
  readonly problems: readonly PartHealth[];
}

/** How the work of the outbox goes on in this process. */
export interface QueueStats extends WorkerStatus {
  readonly consistency: Consistency;
  /** Most documents that may wait; only `eventual` writes are refused beyond it. */
  readonly maxBacklog: number;
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

/** The documents must answer: without them there is nothing to tell. */
export async function readStats(
  parts: Parts,
  worker: WorkerStatus,
  options: CallOptions,
): Promise<StoreStats> {
  const signal = withSignal(options.signal);
  let vectors: number | undefined;
  const countVectors = async (): Promise<void> => {
    ({ count: vectors } = await describeInTime(parts, options));
  };
  const [documents, outbox, index] = await Promise.all([
    parts.documents.count({ allScopes: true, ...signal }),
    parts.documents.outbox.stats(signal),
    probe("vectors", parts.vectors.name, countVectors),
  ]);
  throwIfAborted(options.signal);
  const { consistency, maxBacklog } = parts;
  const queue = { consistency, maxBacklog, ...worker };
  return { documents, vectors, outbox, queue, problems: index.reachable ? [] : [index] };
}

/** A server that hangs must not hold up what the documents can tell. */
function describeInTime(
  { vectors, indexTimeoutMs }: Parts,
  { signal }: CallOptions,
): Promise<VectorIndexDescription> {
  return withDeadline(`vector index ${vectors.name}`, indexTimeoutMs, (late) =>
    vectors.describe({ signal: signal ? AbortSignal.any([signal, late]) : late }),
  );
}
