import type { Clock, StorageEngine } from "@palimpsest/core";
import { openMongodb } from "@palimpsest/drivers/mongodb";
import type { Db, MongoClient } from "mongodb";
import type { LedgerSource } from "./ledger.ts";

export interface MongoLedgerOptions {
  readonly client: MongoClient;
  readonly database: string;
  readonly family: string;
  readonly clock?: Clock;
  readonly onWarning?: (message: string) => void;
}

/** Ending of the collections beside a family that the older code never reads. */
export const ledgerSuffix = ".palimpsest";

/** The ledger of a family, in collections of the same database. */
export function mongoLedger(options: MongoLedgerOptions): LedgerSource {
  const { client, database, family, clock, onWarning } = options;
  const collection = `${family}${ledgerSuffix}`;
  let engine: Promise<StorageEngine> | undefined;
  return {
    exists: () => hasLedger(client.db(database), family),
    open: async () => {
      engine = openMongodb({
        client,
        database,
        collection,
        ...(clock && { clock }),
        ...(onWarning && { onWarning }),
      });
      return (await engine).documents;
    },
    close: async () => {
      await (await engine?.catch(() => undefined))?.close();
    },
  };
}

/** By reading the names only; not every server applies the filter of the request. */
export async function hasLedger(database: Db, family: string): Promise<boolean> {
  const name = `${family}${ledgerSuffix}.control`;
  const found = await database.listCollections({ name }, { nameOnly: true }).toArray();
  return found.some((collection) => collection.name === name);
}
