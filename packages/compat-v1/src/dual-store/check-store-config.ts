import { type Embedder, PalimpsestError } from "@palimpsest/core";
import { z } from "zod";
import type { SemanticStoreConfig } from "./store-config.ts";

const text = z.string().min(1, "must not be empty").optional();
const flag = z.boolean().optional();
const whole = z.int().min(0).optional();
const anything = z.record(z.string(), z.unknown()).optional();
const scalars = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional();
const callable = z.custom<never>((value) => typeof value === "function", "must be a function");

const embedding = z.strictObject({
  driver: text,
  fn: text,
  dims: z.int().min(1).optional(),
  url: text,
  apiKey: text,
});

const queue = z
  .strictObject({
    batchSize: z.int().min(1).optional(),
    flushIntervalMs: whole,
    maxRetries: whole,
    retryDelayMs: whole,
    enabled: flag,
  })
  .optional();

const schema = z.strictObject({
  primaryDriver: z
    .union([
      z.string(),
      z.strictObject({ type: z.string(), connection: text, database: text, options: scalars }),
    ])
    .optional(),
  vectorDriver: z
    .union([
      z.string(),
      z.strictObject({
        type: z.string(),
        endpoint: text,
        apiKey: text,
        collection: text,
        embeddingFunction: embedding.optional(),
        options: anything,
      }),
    ])
    .optional(),
  mongodb: z
    .strictObject({ uri: text, database: text, collectionPrefix: text, options: scalars })
    .optional(),
  postgresql: z
    .strictObject({
      url: text,
      host: text,
      port: z.int().min(1).max(65_535).optional(),
      database: text,
      username: text,
      password: z.string().optional(),
      ssl: flag,
      pool: z
        .strictObject({ min: whole, max: z.int().min(1).optional(), idleTimeoutMillis: whole })
        .optional(),
      schema: text,
    })
    .optional(),
  sqlite: z.strictObject({ path: text }).optional(),
  chromadb: z
    .strictObject({
      url: text,
      collection: text,
      tenant: text,
      database: text,
      embeddingFunction: embedding.optional(),
      writeQueue: queue,
    })
    .optional(),
  pinecone: anything,
  qdrant: anything,
  consistency: z.enum(["strict", "eventual"]).optional(),
  dualWrite: flag,
  dualWriteEnabled: flag,
  supportsImages: flag,
  vectorBatchSize: z.int().min(1).optional(),
  vectorFlushInterval: whole,
  maxRetries: whole,
  writeQueue: queue,
  embeddingDriver: text,
  embeddingFunction: z.union([z.string().min(1), embedding]).optional(),
  allowEmpty: flag,
  enableMetrics: flag,
  enableTracing: flag,
  enableCaching: flag,
  baseDir: text,
  agentName: z.string().optional(),
  family: text,
  ollamaUrl: text,
  readOnly: flag,
  strictV1Errors: flag,
  legacyQueryOrder: flag,
  dedupeByText: flag,
  environmentFirst: flag,
  flagsOnlyReport: flag,
  embedder: z
    .custom<Embedder>((value) => typeof value === "object" && value !== null && "embed" in value)
    .optional(),
  env: z.record(z.string(), z.string().optional()).optional(),
  time: callable.optional(),
  uuid: callable.optional(),
  onWarning: callable.optional(),
});

/** Fields are named, values never are: one of them may be a password. @throws `E_CONFIG` */
export function checkStoreConfig(input: SemanticStoreConfig): void {
  const result = schema.safeParse(input);
  if (result.success) return;
  const [issue] = result.error.issues;
  const at = ["config", ...(issue?.path ?? [])].join(".");
  const problem =
    issue?.code === "unrecognized_keys"
      ? `does not know ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`
      : (issue?.message ?? "is not valid");
  throw new PalimpsestError("E_CONFIG", `${at} ${problem}`);
}
