import { randomUUID } from "node:crypto";
import {
  type CallOptions,
  type ClaimOptions,
  checkKey,
  type Clock,
  type DocumentKey,
  type Outbox,
  type OutboxEntry,
  type OutboxStats,
} from "@palimpsest/core";
import type { AnyBulkWriteOperation, Filter as Query, UpdateFilter } from "mongodb";
import { checkCount } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";
import { idsOf } from "./document-reader.ts";
import { decodeKey, encodeKey } from "./key-codec.ts";
import { type StoredRecord, type StoredWork, workFields } from "./record.ts";

type WorkRecord = Pick<StoredRecord, "_id" | "epoch" | "counter"> & { readonly work: StoredWork };

const workProjection = { epoch: 1, counter: 1, work: 1 } as const;
const leaseFields = { "work.owner": "", "work.until": "", "work.claim": "" } as const;
const oldestFirst = { "work.queuedAt": 1, _id: 1 } as const;
const keysAtOnce = 1_000;

/**
 * The open work of each document, in the document itself. It always asks for the present revision:
 * whoever indexes reads the present document.
 */
export class MongodbOutbox implements Outbox {
  readonly #connection: Connection;
  readonly #clock: Clock;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  async claim(options: ClaimOptions): Promise<OutboxEntry[]> {
    checkCount(options.limit, "limit", 0);
    checkCount(options.leaseMs, "leaseMs", 1);
    for (const key of options.keys ?? []) checkKey(key);
    const now = this.#clock.now();
    const claim = randomUUID();
    const free: Query<StoredRecord> = {
      "work.state": "pending",
      ...(options.keys === undefined
        ? { "work.dueAt": { $lte: now } }
        : { _id: { $in: idsOf(options.keys) } }),
      $or: [
        { "work.owner": { $exists: false } },
        { "work.owner": options.owner, "work.claim": { $ne: claim } },
        { "work.owner": { $ne: options.owner }, "work.until": { $lte: now } },
      ],
    };
    const lease = {
      "work.owner": options.owner,
      "work.until": now + options.leaseMs,
      "work.claim": claim,
    };
    return this.#claimUpTo(free, lease, options);
  }

  /** Other workers may take what was just seen, so it looks again until enough is claimed or nothing is free. */
  async #claimUpTo(
    free: Query<StoredRecord>,
    lease: Readonly<Record<string, string | number>>,
    { limit, signal }: ClaimOptions,
  ): Promise<OutboxEntry[]> {
    const { records } = this.#connection;
    const claimed: OutboxEntry[] = [];
    while (claimed.length < limit) {
      const wanted = Math.min(limit - claimed.length, keysAtOnce);
      const seen = await this.#connection.run(signal, () =>
        records.find(free, { projection: { _id: 1 }, sort: oldestFirst, limit: wanted }).toArray(),
      );
      if (seen.length === 0) break;
      const ids = seen.map(({ _id }) => _id);
      const mine = await this.#connection.run(signal, async () => {
        await records.updateMany(
          { $and: [free, { _id: { $in: ids } }] },
          { $set: lease, $unset: { "work.again": "" } },
        );
        return records
          .find<WorkRecord>(
            { _id: { $in: ids }, "work.claim": lease["work.claim"] as string },
            { projection: workProjection, sort: oldestFirst, readConcern: { level: "local" } },
          )
          .toArray();
      });
      claimed.push(...mine.map(toEntry));
    }
    return claimed;
  }

  async settle(
    owner: string,
    entries: readonly OutboxEntry[],
    options: CallOptions = {},
  ): Promise<void> {
    await this.#forHeld(owner, entries, { $unset: { work: "" } }, options);
  }

  async retryLater(
    owner: string,
    entries: readonly OutboxEntry[],
    failure: { readonly error: string; readonly retryAt: number },
    options: CallOptions = {},
  ): Promise<void> {
    const later = { "work.error": failure.error, "work.dueAt": failure.retryAt };
    const update = { $set: later, $inc: { "work.attempts": 1 }, $unset: leaseFields };
    await this.#forHeld(owner, entries, update, options);
  }

  async quarantine(
    owner: string,
    entries: readonly OutboxEntry[],
    error: string,
    options: CallOptions = {},
  ): Promise<void> {
    const out = { "work.error": error, "work.state": "quarantined" as const };
    const update = { $set: out, $inc: { "work.attempts": 1 }, $unset: leaseFields };
    await this.#forHeld(owner, entries, update, options);
  }

  async quarantined(
    options: CallOptions & { limit: number; after?: DocumentKey },
  ): Promise<OutboxEntry[]> {
    checkCount(options.limit, "limit", 0);
    if (options.after !== undefined) checkKey(options.after);
    const { limit, after } = options;
    this.#connection.checkOpen();
    // To the engine a limit of 0 means no limit.
    if (limit === 0) return [];
    const query = {
      "work.state": "quarantined" as const,
      ...(after !== undefined && { _id: { $gt: encodeKey(after) } }),
    };
    const found = await this.#connection.run(options.signal, () =>
      this.#connection.records
        .find<WorkRecord>(query, { projection: workProjection, sort: { _id: 1 }, limit })
        .toArray(),
    );
    return found.map(toEntry);
  }

  async enqueue(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    for (const key of keys) checkKey(key);
    this.#connection.checkOpen();
    const ids = idsOf(keys);
    const asked = { ...workFields(this.#clock.now()), "work.again": true };
    const work = { $set: asked, $unset: { "work.error": "" } };
    for (let start = 0; start < ids.length; start += keysAtOnce) {
      const some = { _id: { $in: ids.slice(start, start + keysAtOnce) } };
      await this.#connection.run(options.signal, () =>
        this.#connection.records.updateMany(some, work as UpdateFilter<StoredRecord>),
      );
    }
  }

  async stats(options: CallOptions = {}): Promise<OutboxStats> {
    const { records } = this.#connection;
    return this.#connection.run(options.signal, async () => {
      const [pending, quarantined, [first]] = await Promise.all([
        records.countDocuments({ "work.state": "pending" }),
        records.countDocuments({ "work.state": "quarantined" }),
        records
          .find<WorkRecord>(
            { "work.state": "pending" },
            { projection: { work: 1 }, sort: oldestFirst, limit: 1 },
          )
          .toArray(),
      ]);
      return { pending, quarantined, oldest: first?.work.queuedAt };
    });
  }

  /** Changes the work that `owner` holds; what was written or asked for again since is only freed. */
  async #forHeld(
    owner: string,
    entries: readonly OutboxEntry[],
    update: UpdateFilter<StoredRecord>,
    { signal }: CallOptions,
  ): Promise<void> {
    if (entries.length === 0) return this.#connection.run(signal, async () => {});
    const held = { "work.owner": owner, "work.state": "pending" as const };
    const changes = entries.map((entry) => {
      const { epoch, counter } = entry.revision;
      const upToDate = { $or: [{ epoch: { $lt: epoch } }, { epoch, counter: { $lte: counter } }] };
      const settled = { "work.again": { $exists: false }, ...upToDate };
      return updateOne({ _id: encodeKey(entry), ...held, ...settled }, update);
    });
    const changed = await this.#connection.run(signal, () =>
      this.#connection.records.bulkWrite(changes, { ordered: false }),
    );
    if (changed.matchedCount === entries.length) return;
    // What the first pass changed is no longer held.
    const frees = entries.map((entry) =>
      updateOne({ _id: encodeKey(entry), ...held }, { $unset: leaseFields }),
    );
    await this.#connection.run(signal, () =>
      this.#connection.records.bulkWrite(frees, { ordered: false }),
    );
  }
}

function updateOne(
  filter: Query<StoredRecord>,
  update: UpdateFilter<StoredRecord>,
): AnyBulkWriteOperation<StoredRecord> {
  return { updateOne: { filter, update } };
}

function toEntry({ _id, epoch, counter, work }: WorkRecord): OutboxEntry {
  return {
    ...decodeKey(_id),
    revision: { epoch, counter },
    attempts: work.attempts,
    queuedAt: work.queuedAt,
    ...(work.error !== undefined && { lastError: work.error }),
  };
}
