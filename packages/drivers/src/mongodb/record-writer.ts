import type { DocumentKey, Revision, SealedDocument, StoredDocument } from "@palimpsest/core";
import type { AnyBulkWriteOperation, Filter as Query, UpdateFilter } from "mongodb";
import type { Connection } from "./connection.ts";
import { encodeKey } from "./key-codec.ts";
import { isDuplicateKey, refusedOperations } from "./mongodb-errors.ts";
import {
  contentOf,
  headFields,
  newRecord,
  type RecordHead,
  storedFields,
  type StoredRecord,
  toStored,
  workFields,
} from "./record.ts";

/** Keys in one query; an `_id` has at most about 2.3 KB and a command 16 MB. */
const keysAtOnce = 2_000;

/** A record that replaces what `head` describes, or is new. */
export interface PlannedRecord {
  readonly sealed: SealedDocument;
  readonly revision: Revision;
  readonly head: RecordHead | undefined;
}

/** Which state of the present record an atomic write requires beside its epoch. */
export interface Guard {
  readonly revision?: Revision;
  readonly deleted?: boolean;
  readonly indexed?: boolean;
}

/** The atomic single-document operations behind every write. */
export class RecordWriter {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** From the primary's newest state, because a decision on an older one would only be refused. */
  async heads(
    keys: readonly DocumentKey[],
    signal?: AbortSignal,
  ): Promise<Map<string, RecordHead>> {
    const heads = new Map<string, RecordHead>();
    const ids = [...new Set(keys.map(encodeKey))];
    for (let start = 0; start < ids.length; start += keysAtOnce) {
      const some = ids.slice(start, start + keysAtOnce);
      const found = await this.#connection.run(signal, () =>
        this.#connection.records
          .find<RecordHead & { _id: string }>(
            { _id: { $in: some } },
            { projection: headFields, readConcern: { level: "local" }, batchSize: some.length + 1 },
          )
          .toArray(),
      );
      for (const head of found) heads.set(head._id, head);
    }
    return heads;
  }

  /** The live documents among these keys, by `_id`. */
  async current(
    keys: readonly DocumentKey[],
    signal?: AbortSignal,
  ): Promise<Map<string, StoredDocument>> {
    if (keys.length === 0) return new Map();
    const live = { _id: { $in: keys.map(encodeKey) }, deleted: false };
    const found = await this.#connection.run(signal, () =>
      this.#connection.records
        .find<StoredRecord>(live, { projection: storedFields, readConcern: { level: "local" } })
        .toArray(),
    );
    return new Map(found.map((record) => [record._id, toStored(record)]));
  }

  /**
   * Writes each record if the present one is still what its plan saw. Keys must differ.
   * @returns the positions that were overtaken; nothing was written for them
   */
  async replaceAll(
    planned: readonly PlannedRecord[],
    now: number,
    signal?: AbortSignal,
  ): Promise<number[]> {
    if (planned.length === 0) return [];
    const operations = planned.map((record) => replacement(record, now));
    return this.#connection.run(signal, async () => {
      try {
        await this.#connection.records.bulkWrite(operations, { ordered: false });
        return [];
      } catch (error) {
        return refusedOperations(error);
      }
    });
  }

  /**
   * Writes one record with the next revision, whatever the present one is beyond the guard.
   * @param head what is known of the present record; only its `indexed` counts
   * @returns the revision; undefined when the guard or a higher epoch refused
   */
  async advance(
    sealed: SealedDocument,
    epoch: number,
    options: {
      readonly head: RecordHead | undefined;
      readonly guard: Guard;
      readonly now: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Revision | undefined> {
    const { head, guard, now } = options;
    const content = { ...contentOf(sealed, head), epoch };
    const { revision, ...state } = guard;
    const filter: Query<StoredRecord> = {
      _id: encodeKey(sealed),
      ...(revision === undefined ? { epoch: { $lte: epoch } } : revision),
      ...state,
    };
    const update: UpdateFilter<StoredRecord> = {
      ...setting(content, content.indexed, now),
      $inc: { counter: 1 },
    };
    const upsert = revision === undefined && !sealed.deleted;
    return this.#connection.run(options.signal, async () => {
      try {
        const written = await this.#connection.records.findOneAndUpdate(filter, update, {
          upsert,
          returnDocument: "after",
          projection: { epoch: 1, counter: 1 },
        });
        return written === null ? undefined : { epoch: written.epoch, counter: written.counter };
      } catch (error) {
        // The record exists but is not what the filter asks for, so the upsert collided.
        if (isDuplicateKey(error)) return undefined;
        throw error;
      }
    });
  }
}

/** An upsert, although the record exists, makes the server name the operations it refused. */
function replacement(
  { sealed, revision, head }: PlannedRecord,
  now: number,
): AnyBulkWriteOperation<StoredRecord> {
  if (head === undefined) return { insertOne: { document: newRecord(sealed, revision, now) } };
  const content = contentOf(sealed, head);
  const { epoch, counter } = revision;
  return {
    updateOne: {
      filter: { _id: encodeKey(sealed), epoch: head.epoch, counter: head.counter },
      update: setting({ ...content, epoch, counter }, content.indexed, now),
      upsert: true,
    },
  };
}

function setting(content: object, queue: boolean, now: number): UpdateFilter<StoredRecord> {
  if (!queue) return { $set: content };
  return { $set: { ...content, ...workFields(now) }, $unset: { "work.error": "" } };
}
