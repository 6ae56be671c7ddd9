import { PalimpsestError } from "@palimpsest/core";
import type { Db } from "mongodb";
import type { LegacyChromaCollection } from "./chroma-collection.ts";
import { spaceOf } from "./chroma-collection.ts";
import { borrowMongo, chromaClient } from "./connections.ts";
import { readSettings } from "./environment.ts";
import { type FamilyAlias, findAlias } from "./family-alias.ts";
import { dimensionOf, findCollection } from "./family-chroma.ts";
import type { FamilyKeys, LegacyRow } from "./legacy-row.ts";
import { aliasCollectionName } from "./naming.ts";
import { hasLedger, ledgerSuffix } from "./mongo-ledger.ts";
import { type RowCounts, RowCounter } from "./row-counter.ts";
import { sniffKeys } from "./sniff-keys.ts";
import type { DualStoreOptions } from "./types.ts";

/** Samples of what was found, most of each kind. */
const mostSamples = 20;
const vectorPage = 5_000;

/**
 * What a family holds, before anything is written to it. Counts of documents are counts of rows.
 * @deprecated Use `checkConsistency` of `@palimpsest/store` after moving.
 */
export interface FamilyInspection extends RowCounts, FamilyKeys {
  readonly family: string;
  readonly database: string;
  readonly chromaCollection: string;
  /** Undefined without a Chroma collection. */
  readonly chromaSpace?: "l2" | "cosine" | "ip";
  /** Undefined without vectors. */
  readonly dimension?: number;
  readonly vectors: number;
  /** Rows whose id has no vector, or whose own flag says that it was not written. */
  readonly documents_without_vector: number;
  readonly vectors_without_document: number;
  readonly alias?: FamilyAlias;
  /** Whether this package has written to the family. */
  readonly adopted: boolean;
  readonly samples: {
    readonly duplicateIds: readonly { readonly id: string; readonly rows: number }[];
    readonly documentsWithoutVector: readonly string[];
    readonly vectorsWithoutDocument: readonly string[];
  };
}

/** @deprecated Use `checkConsistency` of `@palimpsest/store` after moving. */
export type InspectOptions = Pick<
  DualStoreOptions,
  "mongoUri" | "chromaUrl" | "databaseName" | "env"
> &
  Partial<FamilyKeys>;

/**
 * Counts what is in a family by reading only: no collection, index or probe document is made.
 * `textKey` and `timeKey` are found from the documents where they are not given.
 * @deprecated Use `checkConsistency` of `@palimpsest/store` after moving.
 * @throws `E_NOT_FOUND` for a family without documents and vectors, `E_UNAVAILABLE`, `E_CONFIG`
 */
export async function inspect(
  family: string,
  options: InspectOptions = {},
): Promise<FamilyInspection> {
  const settings = readSettings(options);
  const mongo = await borrowMongo(settings.mongoUri);
  try {
    const database = mongo.client.db(settings.databaseName);
    const alias = await findAlias(database, family);
    const target = alias?.target ?? family;
    const { client } = chromaClient(settings.chromaUrl);
    const collection = await findCollection(client, target);
    const keys = await keysOf(database, family, options);
    const counter = await countRows(database, family, keys);
    const vectorIds = collection === undefined ? new Set<string>() : await idsOf(collection);
    if (counter.counts().documents === 0 && vectorIds.size === 0) {
      throw new PalimpsestError(
        "E_NOT_FOUND",
        `the database ${settings.databaseName} has no family ${JSON.stringify(family)}; its families are ${(await familyNames(database)).join(", ") || "none"}`,
      );
    }
    const dimension = collection && (await dimensionOf(collection));
    const without = counter.withoutVector(vectorIds);
    const orphans = [...vectorIds].filter((id) => !counter.ids.has(id));
    return {
      family,
      database: settings.databaseName,
      ...keys,
      ...counter.counts(),
      chromaCollection: target,
      ...(collection && { chromaSpace: spaceOf(collection) }),
      ...(dimension !== undefined && { dimension }),
      vectors: vectorIds.size,
      documents_without_vector: without.length,
      vectors_without_document: orphans.length,
      ...(alias && { alias: aliasOf(alias) }),
      adopted: await hasLedger(database, family),
      samples: {
        duplicateIds: counter.duplicates().slice(0, mostSamples),
        documentsWithoutVector: without.slice(0, mostSamples),
        vectorsWithoutDocument: orphans.slice(0, mostSamples),
      },
    };
  } finally {
    await mongo.release();
  }
}

/** The families of a v1 database: its collections without those that keep something else. */
export async function familyNames(database: Db): Promise<string[]> {
  const own = new Set([aliasCollectionName, "connection_test", "migrations"]);
  const collections = await database.listCollections({}, { nameOnly: true }).toArray();
  return collections
    .map(({ name }) => name)
    .filter((name) => !own.has(name) && !name.includes(ledgerSuffix) && !name.startsWith("system."))
    .toSorted();
}

/** The family's own keys: as given, otherwise as its documents have them. */
export async function keysOf(
  database: Db,
  family: string,
  given: Partial<FamilyKeys>,
): Promise<FamilyKeys> {
  if (given.textKey !== undefined && given.timeKey !== undefined) {
    return { textKey: given.textKey, timeKey: given.timeKey };
  }
  const rows = await database.collection<LegacyRow>(family).find().limit(100).toArray();
  return { ...sniffKeys(rows), ...withoutUndefined(given) };
}

function withoutUndefined({ textKey, timeKey }: Partial<FamilyKeys>): Partial<FamilyKeys> {
  return { ...(textKey !== undefined && { textKey }), ...(timeKey !== undefined && { timeKey }) };
}

async function countRows(database: Db, family: string, keys: FamilyKeys): Promise<RowCounter> {
  const counter = new RowCounter(keys);
  for await (const row of database.collection<LegacyRow>(family).find()) counter.add(row);
  return counter;
}

async function idsOf(collection: LegacyChromaCollection): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let offset = 0; ; offset += vectorPage) {
    const page = await collection.get({ limit: vectorPage, offset, include: [] });
    for (const id of page.ids) ids.add(id);
    if (page.ids.length < vectorPage) return ids;
  }
}

function aliasOf({ target, embed }: FamilyAlias): FamilyAlias {
  return { ...(target !== undefined && { target }), ...(embed && { embed }) };
}
