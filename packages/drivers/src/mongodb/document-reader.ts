import {
  addDigests,
  type DocumentKey,
  type Filter,
  type KeyRange,
  matchesFilter,
  type RangeDigest,
  type StoredDocument,
} from "@palimpsest/core";
import type { Filter as Query, Sort } from "mongodb";
import type { Connection } from "./connection.ts";
import { encodeKey, keyRange } from "./key-codec.ts";
import { parseMetadata, storedFields, type StoredRecord, toStored } from "./record.ts";

/** Keys in one query; an `_id` has at most about 2.3 KB and a command 16 MB. */
const keysAtOnce = 2_000;
const digestsAtOnce = 1_000;

type Signal = AbortSignal | undefined;

/**
 * Reads documents. Filters are decided here by the reference evaluator over the metadata alone,
 * because the engine's operators differ from ours on arrays, nulls and string order.
 */
export class DocumentReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** By `_id`, tombstones included. */
  async byId(ids: readonly string[], signal: Signal): Promise<Map<string, StoredDocument>> {
    const found = new Map<string, StoredDocument>();
    for (let start = 0; start < ids.length; start += keysAtOnce) {
      const query = { _id: { $in: ids.slice(start, start + keysAtOnce) } };
      for (const record of await this.#find(query, undefined, keysAtOnce, signal)) {
        found.set(record._id, toStored(record));
      }
    }
    return found;
  }

  async #find(
    query: Query<StoredRecord>,
    sort: Sort | undefined,
    limit: number,
    signal: Signal,
  ): Promise<StoredRecord[]> {
    return this.#connection.run(signal, () =>
      this.#connection.records
        .find<StoredRecord>(query, {
          projection: storedFields,
          limit,
          batchSize: limit + 1,
          ...(sort !== undefined && { sort }),
          ...(signal !== undefined && { signal }),
        })
        .toArray(),
    );
  }

  /** The first `limit` live documents in this order that match. */
  async first(
    query: Query<StoredRecord>,
    sort: Sort,
    options: {
      readonly filter: Filter | undefined;
      readonly limit: number;
      readonly signal: Signal;
    },
  ): Promise<{ readonly documents: StoredDocument[]; readonly ids: readonly string[] }> {
    const { filter, limit, signal } = options;
    if (filter === undefined) {
      const records = await this.#find(query, sort, limit, signal);
      return { documents: records.map(toStored), ids: records.map(({ _id }) => _id) };
    }
    const ids: string[] = [];
    for await (const { _id } of this.#matching(query, sort, filter, signal)) {
      ids.push(_id);
      if (ids.length === limit) break;
    }
    const found = await this.byId(ids, signal);
    const documents = ids
      .map((id) => found.get(id))
      // It may have changed since its metadata was read.
      .filter(
        (each) => each !== undefined && !each.deleted && matchesFilter(filter, each.metadata),
      );
    return { documents: documents as StoredDocument[], ids };
  }

  async countMatching(
    query: Query<StoredRecord>,
    filter: Filter | undefined,
    signal: Signal,
  ): Promise<number> {
    if (filter === undefined) {
      return this.#connection.run(signal, () => this.#connection.records.countDocuments(query));
    }
    let count = 0;
    for await (const _ of this.#matching(query, { _id: 1 }, filter, signal)) count++;
    return count;
  }

  async *#matching(
    query: Query<StoredRecord>,
    sort: Sort,
    filter: Filter,
    signal: Signal,
  ): AsyncGenerator<{ _id: string }> {
    const projection = { metadata: 1 } as const;
    const found = this.#connection.stream(signal, () =>
      this.#connection.records.find<{ _id: string; metadata: string }>(query, { projection, sort }),
    );
    for await (const record of found) {
      if (matchesFilter(filter, parseMetadata(record.metadata))) yield record;
    }
  }

  async digest(scope: string | undefined, range: KeyRange, signal: Signal): Promise<RangeDigest> {
    const query = { _id: keyRange(scope, range.after, range.upTo) };
    const records = this.#connection.stream(signal, () =>
      this.#connection.records.find<{ digest: string }>(query, { projection: { digest: 1 } }),
    );
    let [count, sum, digests]: [number, string, string[]] = [0, addDigests([]), []];
    for await (const { digest } of records) {
      count += 1;
      digests.push(digest);
      if (digests.length < digestsAtOnce) continue;
      sum = addDigests(digests, sum);
      digests = [];
    }
    return { count, sum: addDigests(digests, sum) };
  }
}

export function idsOf(keys: readonly DocumentKey[]): string[] {
  return [...new Set(keys.map(encodeKey))];
}
