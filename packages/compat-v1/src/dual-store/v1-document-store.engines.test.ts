import { randomUUID } from "node:crypto";
import { describeDocumentStoreContract } from "@palimpsest/core/testing";
import type { Clock } from "@palimpsest/core";
import { MongoClient } from "mongodb";
import { describe } from "vitest";
import type { LegacyRow } from "./legacy-row.ts";
import { mongoLedger } from "./mongo-ledger.ts";
import { V1DocumentStore } from "./v1-document-store.ts";

const url = process.env["PALIMPSEST_TEST_MONGODB_URL"];

async function open(client: MongoClient, database: string, clock: Clock): Promise<V1DocumentStore> {
  return new V1DocumentStore({
    collection: client.db(database).collection<LegacyRow>("duck_family"),
    ledger: mongoLedger({ client, database, family: "duck_family", clock }),
    textKey: "text",
    timeKey: "timestamp",
    clock,
  });
}

describe.skipIf(url === undefined)("against a server", () => {
  describeDocumentStoreContract("dual-store", {
    exceptions: [
      {
        test: "a scan is in UTF-8 order of (scope, id) for any page size",
        reason:
          "the family's own ids are sorted by the server: MongoDB compares bytes, the test server UTF-16 units",
      },
    ],
    create: async ({ clock }) => {
      const client = await new MongoClient(url as string).connect();
      const database = `palimpsest_test_${randomUUID().slice(0, 8)}`;
      const store = await open(client, database, clock);
      return {
        store,
        reopen: async () => {
          await store.close();
          return open(client, database, clock);
        },
        dispose: async () => {
          await client.db(database).dropDatabase();
          await client.close();
        },
      };
    },
  });
});
