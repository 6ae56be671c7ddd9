import { PalimpsestError } from "@palimpsest/core";
import { defaultAgentName, defaultDatabaseName } from "./naming.ts";
import type { DualStoreConsistency, DualStoreOptions, QueueConfig } from "./types.ts";
import { defaultQueueConfig } from "./write-queue.ts";

/** Everything that v1 read from the environment, decided: explicit, then environment, then default. */
export interface DualStoreSettings {
  readonly agentName: string;
  readonly databaseName: string;
  readonly mongoUri: string;
  readonly chromaUrl: string;
  readonly ollamaUrl: string;
  readonly consistency: DualStoreConsistency;
  readonly dualWriteEnabled: boolean;
  readonly embeddingDriver: string;
  readonly embeddingFunction: string;
  /** Milliseconds; undefined means no limit. */
  readonly embeddingTimeoutMs: number | undefined;
  readonly queue: QueueConfig;
}

type Environment = Readonly<Record<string, string | undefined>>;

const defaultTimeoutMs = 10_000;

/** @throws `E_CONFIG` naming the variables when two of them disagree or one has no known value */
export function readSettings(options: DualStoreOptions): DualStoreSettings {
  const env = options.env ?? process.env;
  const first = options.environmentFirst ?? false;
  const pick = <T>(explicit: T | undefined, variable: T | undefined, fallback: T): T =>
    (first ? (variable ?? explicit) : (explicit ?? variable)) ?? fallback;
  return {
    agentName: pick(options.agentName, env["AGENT_NAME"], defaultAgentName),
    databaseName: options.databaseName ?? defaultDatabaseName,
    mongoUri: pick(
      options.mongoUri,
      filled(env["MONGODB_URI"]) ?? filled(env["MCP_MONGO_URI"]),
      "mongodb://localhost:27017",
    ),
    chromaUrl: pick(options.chromaUrl, filled(env["CHROMA_URL"]), "http://localhost:8000"),
    ollamaUrl: pick(options.ollamaUrl, filled(env["OLLAMA_URL"]), "http://localhost:11434"),
    consistency: pick(options.consistency, consistencyOf(env), "eventual"),
    dualWriteEnabled: pick(options.dualWriteEnabled, enabledBy(env["DUAL_WRITE_ENABLED"]), true),
    embeddingDriver: filled(env["EMBEDDING_DRIVER"]) ?? "ollama",
    embeddingFunction: filled(env["EMBEDDING_FUNCTION"]) ?? "nomic-embed-text",
    embeddingTimeoutMs: timeoutOf(env["EMBEDDING_TIMEOUT_MS"]),
    queue: queueOf(env, options.queue ?? {}),
  };
}

/** v1 had two names for it in two documents; whoever sets both must mean the same. */
function consistencyOf(env: Environment): DualStoreConsistency | undefined {
  const names = ["DUAL_WRITE_CONSISTENCY", "CONSISTENCY_MODE"] as const;
  const [real, documented] = names.map((name) => modeOf(name, env[name]));
  if (real !== undefined && documented !== undefined && real !== documented) {
    throw new PalimpsestError(
      "E_CONFIG",
      `${names[0]} says "${real}" and ${names[1]} says "${documented}"; set one of them, or both alike`,
    );
  }
  return real ?? documented;
}

function modeOf(name: string, value: string | undefined): DualStoreConsistency | undefined {
  const mode = filled(value)?.toLowerCase();
  if (mode === undefined || mode === "strict" || mode === "eventual") return mode;
  throw new PalimpsestError("E_CONFIG", `${name} must be "strict" or "eventual", got "${mode}"`);
}

/** As in v1 only `false` turns it off. */
function enabledBy(value: string | undefined): boolean | undefined {
  return filled(value) === undefined ? undefined : value?.trim().toLowerCase() !== "false";
}

function timeoutOf(value: string | undefined): number | undefined {
  const given = filled(value);
  const ms = given === undefined ? Number.NaN : Number(given);
  if (!Number.isFinite(ms)) return defaultTimeoutMs;
  return ms <= 0 ? undefined : Math.round(ms);
}

function queueOf(env: Environment, explicit: Partial<QueueConfig>): QueueConfig {
  const batchSize = wholeOf(env, "CHROMA_QUEUE_BATCH_SIZE", 1);
  const flushIntervalMs = wholeOf(env, "CHROMA_QUEUE_FLUSH_INTERVAL", 0);
  const maxRetries = wholeOf(env, "CHROMA_QUEUE_MAX_RETRIES", 0);
  const enabled = enabledBy(env["CHROMA_QUEUE_ENABLED"]);
  return {
    ...defaultQueueConfig,
    ...(batchSize !== undefined && { batchSize }),
    ...(flushIntervalMs !== undefined && { flushIntervalMs }),
    ...(maxRetries !== undefined && { maxRetries }),
    ...(enabled !== undefined && { enabled }),
    ...explicit,
  };
}

function wholeOf(env: Environment, name: string, least: number): number | undefined {
  const given = filled(env[name]);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new PalimpsestError(
    "E_CONFIG",
    `${name} must be a whole number from ${least} on, got "${given}"`,
  );
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}
