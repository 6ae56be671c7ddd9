import { compareKeys, type DocumentKey, type Revision, type ScopeSelector } from "@palimpsest/core";
import { type Filter as Query, MongoBulkWriteError, MongoServerError } from "mongodb";
import type { LegacyCollection, LegacyRow } from "./legacy-row.ts";

/** Ids in one query. */
const idsAtOnce = 1_000;

/** Reads and writes the rows of one family. Every query names rows by values, never by a caller's filter. */
export class LegacyRows {
  readonly #collection: LegacyCollection;

  constructor(collection: LegacyCollection) {
    this.#collection = collection;
  }

  /** All rows of each key, by `nameOf(key)`. */
  async byKeys(keys: readonly DocumentKey[]): Promise<Map<string, LegacyRow[]>> {
    const found = new Map<string, LegacyRow[]>(keys.map((key) => [nameOf(key), []]));
    const ids = [...new Set(keys.map(({ id }) => id))];
    for (let start = 0; start < ids.length; start += idsAtOnce) {
      const some = ids.slice(start, start + idsAtOnce);
      const query = { id: some.length === 1 ? some[0] : { $in: some } } as Query<LegacyRow>;
      for (const row of await this.#collection.find(query).toArray()) {
        const name = nameOf({ scope: scopeOf(row), id: String(row.id) });
        found.get(name)?.push(row);
      }
    }
    return found;
  }

  /** Distinct keys in key order, at most `limit`, and whether there are more. */
  async keysAfter(
    selector: ScopeSelector,
    after: DocumentKey | undefined,
    limit: number,
  ): Promise<DocumentKey[]> {
    const keys: DocumentKey[] = [];
    let from = after;
    while (keys.length < limit) {
      const ask = limit - keys.length + 16;
      const rows = await this.#collection
        .find({ $and: [withId, scopeQuery(selector), afterQuery(from)] } as Query<LegacyRow>)
        .project<LegacyRow>({ id: 1, "palimpsest.scope": 1 })
        .sort({ "palimpsest.scope": 1, id: 1 })
        .limit(ask)
        .toArray();
      for (const row of rows) {
        const key = { scope: scopeOf(row), id: String(row.id) };
        const last = keys.at(-1);
        if (last === undefined || compareKeys(last, key) !== 0) keys.push(key);
      }
      if (rows.length < ask) break;
      from = keys.at(-1);
    }
    return keys.slice(0, limit);
  }

  /** Distinct ids. */
  async countKeys(selector: ScopeSelector): Promise<number> {
    const [counted] = await this.#collection
      .aggregate<{ n: number }>([
        { $match: { $and: [withId, scopeQuery(selector)] } },
        { $group: { _id: { id: "$id", scope: "$palimpsest.scope" } } },
        { $count: "n" },
      ])
      .toArray();
    return counted?.n ?? 0;
  }

  /** @returns whether the row is there now in this revision; false when another row has its `_id` */
  async add(row: LegacyRow): Promise<boolean> {
    try {
      await this.#collection.insertOne(row);
      return true;
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
  }

  /** @returns the positions whose `_id` is taken */
  async addMany(rows: readonly LegacyRow[]): Promise<number[]> {
    try {
      await this.#collection.insertMany([...rows], { ordered: false });
      return [];
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error;
      const failures = [error.writeErrors].flat();
      if (failures.some(({ code }) => code !== 11_000)) throw error;
      return failures.map(({ index }) => index);
    }
  }

  /** Replaces a row unless it holds this revision or a newer one. @returns whether the row was there */
  async replace(row: LegacyRow, revision: Revision): Promise<boolean> {
    const query = { _id: row._id, ...olderThan(revision) } as Query<LegacyRow>;
    const { matchedCount } = await this.#collection.replaceOne(query, row);
    return matchedCount > 0;
  }

  async exists(row: LegacyRow): Promise<boolean> {
    const query = { _id: row._id } as Query<LegacyRow>;
    return (await this.#collection.find(query).limit(1).toArray()).length > 0;
  }

  async markSuperseded(rows: readonly LegacyRow[]): Promise<void> {
    if (rows.length === 0) return;
    const ids: Record<string, unknown> = {
      _id: { $in: rows.map(({ _id }) => _id) },
      palimpsest: { $exists: false },
    };
    await this.#collection.updateMany(ids as Query<LegacyRow>, {
      $set: { "palimpsest.superseded": true },
    });
  }

  /** Deletes these rows, and what this package wrote for the key before the revision. */
  async remove(key: DocumentKey, known: readonly LegacyRow[], revision: Revision): Promise<void> {
    const ids = known.map(({ _id }) => _id);
    const own = { "palimpsest.counter": { $exists: true }, ...olderThan(revision) };
    const query = { id: key.id, $and: [scopeQuery(key), { $or: [{ _id: { $in: ids } }, own] }] };
    await this.#collection.deleteMany(query as Query<LegacyRow>);
  }

  /** Sets fields by dotted name, so that nothing else of the row changes. */
  async set(row: LegacyRow, fields: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#collection.updateOne({ _id: row._id } as Query<LegacyRow>, { $set: fields });
  }

  /** For quick reads by id and by time; never unique, because duplicates are normal here. */
  async index(timeKey: string): Promise<void> {
    await this.#collection.createIndex({ id: 1 });
    await this.#collection.createIndex({ [timeKey]: -1 });
  }
}

const withId = { id: { $type: "string" } };

export function scopeOf(row: LegacyRow): string {
  return row.palimpsest?.scope ?? "";
}

export function nameOf({ scope, id }: DocumentKey): string {
  return `${scope}\0${id}`;
}

export function scopeQuery({ scope, allScopes }: ScopeSelector): Record<string, unknown> {
  if (allScopes === true) return {};
  return { "palimpsest.scope": scope === undefined || scope === "" ? { $exists: false } : scope };
}

function afterQuery(after: DocumentKey | undefined): Record<string, unknown> {
  if (after === undefined) return {};
  const within = { $and: [scopeQuery({ scope: after.scope }), { id: { $gt: after.id } }] };
  const beyond = { "palimpsest.scope": { $gt: after.scope } };
  return { $or: [within, beyond] };
}

function olderThan({ epoch, counter }: Revision): Record<string, unknown> {
  return {
    $or: [
      { "palimpsest.counter": { $exists: false } },
      { "palimpsest.epoch": { $lt: epoch } },
      { "palimpsest.epoch": epoch, "palimpsest.counter": { $lt: counter } },
    ],
  };
}

function isTaken(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11_000;
}
