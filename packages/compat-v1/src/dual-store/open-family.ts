import type { Clock, Embedder } from "@palimpsest/core";
import type { Db } from "mongodb";
import type { LegacyChromaCollection } from "./chroma-collection.ts";
import { chromaError } from "./chroma-errors.ts";
import { borrowMongo, chromaClient } from "./connections.ts";
import { type DualStoreSettings, readSettings } from "./environment.ts";
import { type FamilyAlias, findAlias } from "./family-alias.ts";
import {
  checkDimension,
  ComingCollection,
  dimensionOf,
  findCollection,
  type LegacyChromaClient,
} from "./family-chroma.ts";
import { LazyEmbedder, openOllama } from "./lazy-embedder.ts";
import type { FamilyKeys, LegacyCollection, LegacyRow } from "./legacy-row.ts";
import { mongoLedger } from "./mongo-ledger.ts";
import { familyName } from "./naming.ts";
import { type SkipRule, skipRule } from "./skipping-vectors.ts";
import type { DualStoreOptions, DualStoreParts } from "./types.ts";
import { V1DocumentStore } from "./v1-document-store.ts";
import { V1VectorIndex } from "./v1-vector-index.ts";

/** A family as v1 keeps it, opened in place. */
export interface OpenedFamily {
  readonly family: string;
  readonly settings: DualStoreSettings;
  readonly parts: DualStoreParts;
  readonly mongoCollection: LegacyCollection;
  readonly chromaCollection: LegacyChromaCollection;
  readonly supportsImages: boolean;
  readonly skips: SkipRule;
}

/**
 * Opens a family of MongoDB and Chroma without writing anything: collections, indexes and the ledger
 * beside them are made at the first write.
 * @throws `E_UNAVAILABLE`, `E_CONFIG`, `E_DIMENSION_MISMATCH`
 */
export async function openFamily(
  name: string,
  keys: FamilyKeys,
  options: DualStoreOptions,
): Promise<OpenedFamily> {
  const settings = readSettings(options);
  const family = options.family ?? familyName(name, settings.agentName);
  const mongo = await borrowMongo(settings.mongoUri);
  try {
    const database = mongo.client.db(settings.databaseName);
    const alias = await findAlias(database, family);
    const { client, label } = chromaClient(settings.chromaUrl);
    const target = alias?.target ?? family;
    const { collection, dimension } = await openVectors(client, target).catch((error: unknown) => {
      throw chromaError(error, label);
    });
    const embedder = await embedderOf(options, settings, alias, dimension);
    checkDimension(target, dimension, embedder);
    const model = alias?.embed?.fn ?? settings.embeddingFunction;
    const supportsImages = options.supportsImages ?? !model.includes("text");
    const skips = skipRule({ dualWriteEnabled: settings.dualWriteEnabled, supportsImages });
    const mongoCollection: LegacyCollection = database.collection<LegacyRow>(family);
    const documents = documentsOf({ database, family, keys, options, skips, mongoCollection });
    const vectors = new V1VectorIndex({
      collection,
      documents,
      timeKey: keys.timeKey,
      dimension: embedder.dimension,
      modelId: embedder.modelId,
      label,
    });
    const close = async (): Promise<void> => {
      await vectors.close();
      await documents.close();
      await mongo.release();
    };
    const parts = { documents, vectors, embedder, close };
    const chromaCollection = collection;
    return { family, settings, parts, mongoCollection, chromaCollection, supportsImages, skips };
  } catch (error) {
    await mongo.release();
    throw error;
  }
}

async function openVectors(
  client: LegacyChromaClient,
  target: string,
): Promise<{
  readonly collection: LegacyChromaCollection;
  readonly dimension: number | undefined;
}> {
  const collection = (await findCollection(client, target)) ?? new ComingCollection(client, target);
  return { collection, dimension: await dimensionOf(collection) };
}

function documentsOf(request: {
  readonly database: Db;
  readonly family: string;
  readonly keys: FamilyKeys;
  readonly options: DualStoreOptions;
  readonly skips: SkipRule;
  readonly mongoCollection: LegacyCollection;
}): V1DocumentStore {
  const { database, family, keys, options, skips, mongoCollection } = request;
  const { time, onWarning } = options;
  const clock: Clock | undefined = time && { now: () => time() };
  return new V1DocumentStore({
    ...keys,
    collection: mongoCollection,
    ledger: mongoLedger({
      client: database.client,
      database: database.databaseName,
      family,
      ...(clock && { clock }),
    }),
    readOnly: options.readOnly ?? false,
    skips,
    ...(clock && { clock }),
    ...(onWarning && { onWarning }),
  });
}

/** As v1: the alias's model before the environment's; the length is the collection's own. */
async function embedderOf(
  options: DualStoreOptions,
  settings: DualStoreSettings,
  alias: FamilyAlias | undefined,
  found: number | undefined,
): Promise<Embedder> {
  if (options.embedder !== undefined) return options.embedder;
  const request = {
    url: settings.ollamaUrl,
    model: alias?.embed?.fn ?? settings.embeddingFunction,
    timeoutMs: settings.embeddingTimeoutMs,
  };
  const dimension = found ?? alias?.embed?.dims ?? knownDimensions.get(request.model);
  return dimension === undefined
    ? openOllama(request)
    : new LazyEmbedder({ ...request, dimension });
}

/** So that an empty family opens without an embedding server, as in v1. */
export const knownDimensions: ReadonlyMap<string, number> = new Map([
  ["nomic-embed-text", 768],
  ["mxbai-embed-large", 1_024],
]);
