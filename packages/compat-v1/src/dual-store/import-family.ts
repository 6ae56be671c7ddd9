import { PalimpsestError } from "@palimpsest/core";
import {
  type DocumentsReport,
  importDocuments,
  type ImportDocumentsOptions,
} from "@palimpsest/migration";
import { chromaError } from "./chroma-errors.ts";
import { borrowMongo, chromaClient } from "./connections.ts";
import { readSettings } from "./environment.ts";
import { findAlias } from "./family-alias.ts";
import { findCollection } from "./family-chroma.ts";
import { FamilySource } from "./family-source.ts";
import { familyNames, type InspectOptions, keysOf } from "./inspect-family.ts";
import type { FamilyKeys } from "./legacy-row.ts";

export type ImportFamilyOptions = InspectOptions & Omit<ImportDocumentsOptions, "source">;

/** `read` counts rows and vectors without a row; `notes` says what they were like. */
export interface FamilyImportReport extends DocumentsReport {
  readonly source: FamilyKeys & {
    readonly family: string;
    readonly database: string;
    readonly chromaCollection: string;
    /** Undefined without a Chroma collection. */
    readonly vectors?: number;
  };
}

/**
 * Imports a family into any store by reading v1's servers only. Every row becomes a document: of rows
 * with one id the newest has it, older ones are `<id>~<row's _id>`; a vector without a row becomes a
 * document too. Running it again changes nothing; a killed or aborted import is finished by running it
 * again. Embeddings are made anew by the target.
 * @throws `E_NOT_FOUND` for a family without documents and vectors, `E_UNAVAILABLE`, `E_CONFIG`,
 * `E_LOCKED`, `E_ABORTED`, and whatever the target throws
 */
export async function importDualStore(
  family: string,
  options: ImportFamilyOptions,
): Promise<FamilyImportReport> {
  await using opened = await openSource(family, options);
  const report = await importDocuments({ ...options, source: opened.source });
  return { ...report, source: opened.describe() };
}

/**
 * Looks for a family without reading it, e.g. before a target is made for it.
 * @throws `E_NOT_FOUND`, `E_UNAVAILABLE`, `E_CONFIG`
 */
export async function checkFamily(family: string, options: InspectOptions = {}): Promise<void> {
  await using _ = await openSource(family, options);
}

interface OpenedSource extends AsyncDisposable {
  readonly source: FamilySource;
  /** Complete only after the source was read. */
  describe(): FamilyImportReport["source"];
}

async function openSource(family: string, options: InspectOptions): Promise<OpenedSource> {
  const settings = readSettings(options);
  const mongo = await borrowMongo(settings.mongoUri);
  try {
    const database = mongo.client.db(settings.databaseName);
    const alias = await findAlias(database, family);
    const chromaCollection = alias?.target ?? family;
    const { client, label } = chromaClient(settings.chromaUrl);
    const collection = await reached(findCollection(client, chromaCollection), label);
    const keys = await keysOf(database, family, options);
    const source = await FamilySource.open({ database, family, keys, collection, label });
    if (source.total === 0 && ((await collection?.count?.()) ?? 0) === 0) {
      throw unknownFamily(family, settings.databaseName, await familyNames(database));
    }
    const about = { family, database: settings.databaseName, chromaCollection, ...keys };
    return {
      source,
      describe: () => ({ ...about, ...(collection && { vectors: source.vectors }) }),
      [Symbol.asyncDispose]: () => mongo.release(),
    };
  } catch (error) {
    await mongo.release();
    throw error;
  }
}

/** A wrong name must not end as a successful import of nothing. */
function unknownFamily(
  family: string,
  database: string,
  names: readonly string[],
): PalimpsestError {
  return new PalimpsestError(
    "E_NOT_FOUND",
    `the database ${database} has no family ${JSON.stringify(family)}; its families are ${names.join(", ") || "none"}`,
  );
}

async function reached<T>(answer: Promise<T>, label: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw chromaError(error, label);
  }
}
