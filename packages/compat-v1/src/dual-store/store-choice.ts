import { type EmbeddingWish, embeddingWish } from "./embedding-wish.ts";
import { readSettings } from "./environment.ts";
import { agreed, defined, type Environment, type Given, variable } from "./given-values.ts";
import { familyName } from "./naming.ts";
import type { PrimaryDriverBlock, SemanticStoreConfig, VectorDriverBlock } from "./store-config.ts";
import {
  primaryDriver,
  type PrimaryDriver,
  vectorDriver,
  type VectorDriver,
} from "./store-drivers.ts";
import type { DualStoreOptions, QueueConfig } from "./types.ts";
import { withUriOptions } from "./uri-options.ts";

/** What the configuration and the environment say together: explicit, then environment, then default. */
export interface StoreChoice {
  readonly config: SemanticStoreConfig;
  readonly env: Environment;
  readonly family: string;
  readonly primary: Given<PrimaryDriver>;
  readonly vectors: Given<VectorDriver>;
  readonly embedding: EmbeddingWish;
  readonly allowEmpty: boolean;
  /** What every v1-shaped store takes, whatever its drivers. */
  readonly options: DualStoreOptions;
  readonly mongoUri: string;
  readonly chromaUrl: string;
  /** The explicit value, or with `environmentFirst` the variable's. */
  pick<T>(explicit: Given<T> | undefined, fromEnv: Given<T> | undefined): Given<T> | undefined;
}

/** @throws `E_CONFIG`, `E_UNSUPPORTED`, each naming the field or variable */
export function storeChoice(name: string, config: SemanticStoreConfig): StoreChoice {
  const env = config.env ?? process.env;
  const pick: StoreChoice["pick"] = (explicit, fromEnv) =>
    config.environmentFirst === true ? (fromEnv ?? explicit) : (explicit ?? fromEnv);
  const nestedPrimary = blockOf(config.primaryDriver);
  const nestedVectors = blockOf(config.vectorDriver);
  const primary = pick(
    agreed(["primaryDriver", nestedPrimary?.type ?? (config.primaryDriver as string | undefined)]),
    variable(env, "PRIMARY_DRIVER"),
  );
  const vectors = pick(
    agreed(["vectorDriver", nestedVectors?.type ?? (config.vectorDriver as string | undefined)]),
    variable(env, "VECTOR_DRIVER"),
  );
  const embedding = embeddingWish(config, nestedVectors, env, pick);
  const options = optionsOf(config, { env, nestedPrimary, nestedVectors });
  const { mongoUri, chromaUrl, agentName } = readSettings(options);
  const prefix = config.mongodb?.collectionPrefix;
  return {
    config,
    env,
    pick,
    embedding,
    options,
    mongoUri: withUriOptions(mongoUri, mongoOptions(config, nestedPrimary, env)),
    chromaUrl,
    family: config.family ?? (prefix === undefined ? familyName(name, agentName) : prefix + name),
    primary: known(primary, "mongodb", "primaryDriver", primaryDriver),
    vectors: known(vectors, "chromadb", "vectorDriver", vectorDriver),
    allowEmpty: config.allowEmpty ?? isOn(variable(env, "PALIMPSEST_ALLOW_EMPTY")),
  };
}

function known<Driver extends string>(
  given: Given<string> | undefined,
  fallback: Driver,
  at: string,
  parse: (name: string, at: string) => Driver,
): Given<Driver> {
  if (given === undefined) return { value: fallback, at, fromEnvironment: false };
  return { ...given, value: parse(given.value, given.at) };
}

interface Nested {
  readonly env: Environment;
  readonly nestedPrimary: PrimaryDriverBlock | undefined;
  readonly nestedVectors: VectorDriverBlock | undefined;
}

function optionsOf(config: SemanticStoreConfig, nested: Nested): DualStoreOptions {
  const queue = queueOf(config);
  const dualWriteEnabled = agreed(
    ["dualWriteEnabled", config.dualWriteEnabled],
    ["dualWrite", config.dualWrite],
  );
  return defined({
    strictV1Errors: config.strictV1Errors,
    legacyQueryOrder: config.legacyQueryOrder,
    dedupeByText: config.dedupeByText,
    environmentFirst: config.environmentFirst,
    flagsOnlyReport: config.flagsOnlyReport,
    agentName: config.agentName,
    supportsImages: config.supportsImages,
    embedder: config.embedder,
    ollamaUrl: config.ollamaUrl,
    readOnly: config.readOnly,
    time: config.time,
    uuid: config.uuid,
    onWarning: config.onWarning,
    consistency: config.consistency,
    dualWriteEnabled: dualWriteEnabled?.value,
    env: nested.env,
    mongoUri: mongoAddress(config, nested.nestedPrimary),
    chromaUrl: agreed(
      ["chromadb.url", config.chromadb?.url],
      ["vectorDriver.endpoint", nested.nestedVectors?.endpoint],
    )?.value,
    queue: Object.keys(queue).length === 0 ? undefined : queue,
  });
}

function mongoAddress(
  { mongodb }: SemanticStoreConfig,
  nested: PrimaryDriverBlock | undefined,
): string | undefined {
  const isMongo = nested !== undefined && /^mongo/i.test(nested.type);
  const connection = isMongo ? nested.connection : undefined;
  return agreed(["mongodb.uri", mongodb?.uri], ["primaryDriver.connection", connection])?.value;
}

function mongoOptions(
  { mongodb }: SemanticStoreConfig,
  nested: PrimaryDriverBlock | undefined,
  env: Environment,
): Readonly<Record<string, unknown>> {
  return {
    ...defined({
      maxPoolSize: variable(env, "MONGO_POOL_SIZE")?.value,
      serverSelectionTimeoutMS: variable(env, "MONGO_TIMEOUT")?.value,
    }),
    ...nested?.options,
    ...mongodb?.options,
  };
}

function queueOf(config: SemanticStoreConfig): Partial<QueueConfig> {
  const { writeQueue, chromadb } = config;
  const field = <T>(key: keyof QueueConfig, flat: string, value: T | undefined): T | undefined =>
    agreed<unknown>(
      [flat, value],
      [`writeQueue.${key}`, writeQueue?.[key]],
      [`chromadb.writeQueue.${key}`, chromadb?.writeQueue?.[key]],
    )?.value as T | undefined;
  return defined({
    batchSize: field("batchSize", "vectorBatchSize", config.vectorBatchSize),
    flushIntervalMs: field("flushIntervalMs", "vectorFlushInterval", config.vectorFlushInterval),
    maxRetries: field("maxRetries", "maxRetries", config.maxRetries),
    retryDelayMs: field<number>("retryDelayMs", "writeQueue", undefined),
    enabled: field<boolean>("enabled", "writeQueue", undefined),
  });
}

export function blockOf<Block extends object>(
  driver: string | Block | undefined,
): Block | undefined {
  return typeof driver === "object" ? driver : undefined;
}

function isOn(given: Given<string> | undefined): boolean {
  return given?.value === "true" || given?.value === "1";
}
