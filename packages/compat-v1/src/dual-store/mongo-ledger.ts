import type { Clock, StorageEngine } from "@palimpsest/core";
import { openMongodb } from "@palimpsest/drivers/mongodb";
import type { MongoClient } from "mongodb";
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
    exists: async () => {
      const query = { name: `${collection}.control` };
      const found = await client.db(database).listCollections(query, { nameOnly: true }).toArray();
      return found.length > 0;
    },
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
