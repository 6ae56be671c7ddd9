import { PalimpsestError } from "@palimpsest/core";
import type { CreateIndexesOptions, IndexSpecification } from "mongodb";
import type { Connection } from "./connection.ts";
import { isDuplicateKey } from "./mongodb-errors.ts";

const version = 1;
const schemaId = "schema";

interface Index {
  readonly name: string;
  readonly key: Readonly<Record<string, 1 | -1>>;
  readonly options?: Pick<CreateIndexesOptions, "partialFilterExpression">;
}

const recordIndexes: readonly Index[] = [
  // Newest first within a scope; counts live documents without reading them.
  { name: "recent", key: { scope: 1, deleted: 1, timestamp: -1, _id: 1 } },
  {
    name: "work",
    key: { "work.state": 1, "work.queuedAt": 1, _id: 1 },
    options: { partialFilterExpression: { "work.state": { $exists: true } } },
  },
  {
    name: "tombstones",
    key: { timestamp: 1 },
    options: { partialFilterExpression: { deleted: true } },
  },
];

const entryIndexes: readonly Index[] = [
  { name: "terms", key: { "tf.t": 1, scope: 1 } },
  { name: "lengths", key: { scope: 1, length: 1 } },
];

/**
 * Claims the collections for this store and creates what is missing; safe to run from several
 * processes at once.
 * @throws `E_CONFIG` for collections or indexes of somebody else, `E_UNSUPPORTED` for a later version
 */
export async function prepareSchema(connection: Connection): Promise<void> {
  await checkVersion(connection);
  await checkCollections(connection);
  await prepareIndexes(connection, connection.records.collectionName, recordIndexes);
  await prepareIndexes(connection, connection.entries.collectionName, entryIndexes);
}

async function checkVersion({ control, records }: Connection): Promise<void> {
  const present = await control.findOne({ _id: schemaId });
  if (present === null) {
    const foreign = await records.findOne({}, { projection: { _id: 1 } });
    // Another process may have claimed the collection and written to it since.
    if (foreign !== null && (await control.findOne({ _id: schemaId })) === null) {
      throw config(
        `the collection ${JSON.stringify(records.collectionName)} holds documents of another program; choose another with the option "collection"`,
      );
    }
    await claim(control);
    return;
  }
  if (present.number === version) return;
  throw new PalimpsestError(
    "E_UNSUPPORTED",
    `the collection ${JSON.stringify(records.collectionName)} has layout ${present.number}, this version reads ${version}; update the package`,
  );
}

async function claim(control: Connection["control"]): Promise<void> {
  try {
    await control.insertOne({ _id: schemaId, number: version });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

/** A view or a capped collection could lose writes, and a collation would break the key order. */
async function checkCollections({ database, records, entries }: Connection): Promise<void> {
  for (const { collectionName: name } of [records, entries]) {
    const [found] = await database.listCollections({ name }).toArray();
    if (found === undefined || found.name !== name) continue;
    const options = "options" in found ? (found.options ?? {}) : {};
    if (found.type !== "collection" || options["capped"] === true) {
      throw config(`${JSON.stringify(name)} is a view, capped or time-series; choose another name`);
    }
    if (options["collation"] !== undefined) {
      throw config(`${JSON.stringify(name)} has a collation; choose a collection without one`);
    }
  }
}

async function prepareIndexes(
  { database }: Connection,
  collection: string,
  wanted: readonly Index[],
): Promise<void> {
  const indexes = database.collection(collection);
  let found = await listIndexes(indexes);
  const missing = wanted.filter(({ name }) => !found.has(name));
  for (const { name, key, options } of missing) {
    await indexes.createIndex(key as IndexSpecification, { name, ...options });
  }
  if (missing.length > 0) found = await listIndexes(indexes);
  for (const { name, key } of wanted) {
    if (JSON.stringify(found.get(name)) === JSON.stringify(key)) continue;
    throw config(
      `the index ${JSON.stringify(name)} of ${JSON.stringify(collection)} is not the driver's; drop it and open the store again`,
    );
  }
}

async function listIndexes(
  collection: ReturnType<Connection["database"]["collection"]>,
): Promise<ReadonlyMap<string, unknown>> {
  try {
    const indexes = await collection.listIndexes().toArray();
    return new Map(indexes.map(({ name, key }) => [String(name), key as unknown]));
  } catch (error) {
    // NamespaceNotFound: nothing was written yet.
    if (error instanceof Error && "code" in error && error.code === 26) return new Map();
    throw error;
  }
}

function config(message: string): PalimpsestError {
  return new PalimpsestError("E_CONFIG", message);
}
