import { type SealedDocument, sealDocument } from "@palimpsest/core";
import { openMongodb } from "@palimpsest/drivers/mongodb";
import { type AnyBulkWriteOperation, type Collection, MongoClient, ReadConcern } from "mongodb";
import { goal, type Goal, interleave, median } from "../report.ts";
import type { Dataset } from "../store/dataset.ts";
import type { Places } from "./places.ts";
import { checkSame, documentOf } from "./written.ts";

const batch = 500;
const rounds = 16;

/** The driver's bulk write beside the client's, at equal guarantees. Half of each batch is new. */
export async function mongodbGoal(
  { url, database }: Places["mongodb"],
  data: Dataset,
): Promise<Goal> {
  const engine = await openMongodb({ url, database, collection: "ours", onWarning: () => {} });
  // It creates the collections and indexes that the raw writes then meet, too.
  const other = await openMongodb({ url, database, collection: "raw", onWarning: () => {} });
  await other.close();
  const raw = new RawMongodb(url, database);
  const samples = data.samples((rounds + 1) * (batch / 2), "bulk");
  const part = (round: number) => samples.slice((round * batch) / 2, (round * batch) / 2 + batch);
  const ready = samples.map((sample) => sealDocument(documentOf(sample).document));
  let counters = new Map<string, number>();
  const times = await interleave(rounds, {
    raw: async (round) => {
      const start = (round * batch) / 2;
      counters = await raw.write(ready.slice(start, start + batch));
    },
    ours: async (round) => {
      const results = await engine.documents.write(part(round).map(documentOf));
      if (round % 2 === 0) checkSame(results, counters);
    },
  });
  await raw.close();
  await engine.close();
  const ratios = times.ours.map((ours, i) => times.raw[i]! / ours);
  return goal("mongoBulkVsRaw", median(ratios), { atLeast: 0.8 });
}

interface Stored {
  readonly _id: string;
  readonly epoch: number;
  readonly counter: number;
}

/**
 * The same guarantees by hand, with digests ready: the fence is read before and after, the present
 * revisions are read, and one unordered bulk write inserts what was absent and replaces what still has
 * the revision read, its index work queued within. Anything overtaken would fail as a duplicate key.
 */
class RawMongodb {
  readonly #client: MongoClient;
  readonly #records: Collection<Stored>;
  readonly #control: Collection<{ readonly _id: string; readonly number?: number }>;

  constructor(url: string, database: string) {
    this.#client = new MongoClient(url);
    const db = this.#client.db(database, {
      writeConcern: { w: "majority", journal: true, wtimeoutMS: 10_000 },
      readConcern: new ReadConcern("majority"),
    });
    this.#records = db.collection("raw");
    this.#control = db.collection("raw.control");
  }

  /** @returns the new revision counters by id */
  async write(items: readonly SealedDocument[]): Promise<Map<string, number>> {
    const [present] = await Promise.all([this.#present(items), this.#checkFence()]);
    const now = Date.now();
    const operations = items.map((item) => operation(item, present.get(keyOf(item)), now));
    await this.#records.bulkWrite(operations, { ordered: false });
    await this.#checkFence();
    return new Map(items.map((item) => [item.id, (present.get(keyOf(item))?.counter ?? 0) + 1]));
  }

  async #present(items: readonly SealedDocument[]): Promise<Map<string, Stored>> {
    const found = await this.#records
      .find(
        { _id: { $in: items.map(keyOf) } },
        {
          projection: { epoch: 1, counter: 1 },
          readConcern: { level: "local" },
          batchSize: items.length + 1,
        },
      )
      .toArray();
    return new Map(found.map((stored) => [stored["_id"], stored]));
  }

  async #checkFence(): Promise<void> {
    const local = { readConcern: { level: "local" } } as const;
    const found = await this.#control.findOne({ _id: "fence" }, local);
    if ((found?.number ?? 0) > 0) throw new Error("nobody raises the fence here");
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

function keyOf({ scope, id }: SealedDocument): string {
  return `${scope}\u0001${id}`;
}

function operation(
  item: SealedDocument,
  present: Stored | undefined,
  now: number,
): AnyBulkWriteOperation<Stored> {
  const { scope, id, text, timestamp, deleted, digest, metadataJson: metadata } = item;
  const content = {
    scope,
    id,
    text,
    metadata,
    timestamp,
    deleted,
    digest,
    indexed: true,
    epoch: 0,
  };
  const key = { _id: keyOf(item) };
  const work = { state: "pending", queuedAt: now, dueAt: now, attempts: 0 };
  if (present === undefined) {
    const document = { ...key, ...content, counter: 1, work };
    return { insertOne: { document } };
  }
  const queued = Object.entries(work).map(([name, value]) => [`work.${name}`, value]);
  const counter = present.counter + 1;
  const $set = { ...content, counter, ...Object.fromEntries(queued) };
  return {
    updateOne: {
      filter: { ...key, epoch: present.epoch, counter: present.counter },
      update: { $set, $unset: { "work.error": "" } } as object,
      upsert: true,
    },
  };
}
