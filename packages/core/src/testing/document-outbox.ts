import { expect } from "vitest";
import type { Outbox, OutboxEntry } from "../outbox.ts";
import type { DocumentStoreCase, DocumentStoreContext } from "./document-context.ts";
import { deletion, idsOf, put, writeOne } from "./samples.ts";

const lease = 1_000;
const key = { scope: "", id: "a" };

function claim(outbox: Outbox, owner: string, limit: number = 100): Promise<OutboxEntry[]> {
  return outbox.claim({ owner, limit, leaseMs: lease });
}

const coIndexed = ({ store }: DocumentStoreContext): string | undefined =>
  store.capabilities.coIndexed ? "index entries go with the document" : undefined;

/** The outbox: what a worker claims, settles, retries and gives up on. Puts without vectors queue work in every driver. */
export const documentOutbox: readonly DocumentStoreCase[] = [
  {
    name: "every written document with text is queued with its revision, oldest first",
    run: async ({ store, clock }) => {
      const queuedAt = clock.now();
      const first = await writeOne(store, put("b"));
      clock.advance(5);
      const second = await writeOne(store, put("a", { scope: "s" }));
      expect(await store.outbox.stats()).toEqual({ pending: 2, quarantined: 0, oldest: queuedAt });
      expect(await claim(store.outbox, "w")).toEqual([
        { scope: "", id: "b", revision: first.revision, attempts: 0, queuedAt },
        { scope: "s", id: "a", revision: second.revision, attempts: 0, queuedAt: queuedAt + 5 },
      ]);
    },
  },
  {
    name: "a document that never had text queues nothing",
    run: async ({ store }) => {
      await store.write([put("a", { text: "" }), put("a", { text: "" }), deletion("a")]);
      expect(await claim(store.outbox, "w")).toEqual([]);
    },
  },
  {
    name: "losing the text, and being deleted, is index work too",
    skipWhen: coIndexed,
    run: async ({ store }) => {
      await store.write([put("emptied"), put("deleted")]);
      await store.outbox.settle("w", await claim(store.outbox, "w"));
      await store.write([put("emptied", { text: "" }), deletion("deleted")]);
      const work = await claim(store.outbox, "w");
      expect(idsOf(work).toSorted()).toEqual(["deleted", "emptied"]);
      expect(work.map(({ revision }) => revision.counter)).toEqual([2, 2]);
    },
  },
  {
    name: "a conflict or an absent delete queues nothing",
    run: async ({ store }) => {
      await store.write([{ ...put("a"), ifRevision: { epoch: 0, counter: 1 } }, deletion("b")]);
      expect((await store.outbox.stats()).pending).toBe(0);
    },
  },
  {
    name: "an id is claimed once, in its newest revision, by one owner at a time",
    run: async ({ store, clock }) => {
      await store.write([put("a"), put("b"), put("a")]);
      const mine = await claim(store.outbox, "one");
      expect(idsOf(mine).toSorted()).toEqual(["a", "b"]);
      expect(mine.find(({ id }) => id === "a")?.revision.counter).toBe(2);
      expect(await claim(store.outbox, "two")).toEqual([]);
      expect(idsOf(await claim(store.outbox, "one")).toSorted()).toEqual(["a", "b"]);
      clock.advance(lease + 1);
      expect(idsOf(await claim(store.outbox, "two")).toSorted()).toEqual(["a", "b"]);
    },
  },
  {
    name: "workers that claim at the same time never share an id",
    run: async ({ store }) => {
      await store.write(Array.from({ length: 40 }, (_, i) => put(`d${i}`)));
      const workers = Array.from({ length: 8 }, (_, i) => claim(store.outbox, `w${i}`, 10));
      const ids = (await Promise.all(workers)).flat().map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toHaveLength(40);
      expect(await store.outbox.claim({ owner: "w", limit: 0, leaseMs: 1 })).toEqual([]);
    },
  },
  {
    name: "settled work is gone, and only what was settled",
    run: async ({ store }) => {
      await store.write([put("a"), put("b")]);
      const work = await claim(store.outbox, "w");
      await store.outbox.settle(
        "w",
        work.filter(({ id }) => id === "a"),
      );
      expect((await store.outbox.stats()).pending).toBe(1);
      expect(idsOf(await claim(store.outbox, "w"))).toEqual(["b"]);
    },
  },
  {
    name: "settling covers the older revisions of the id",
    run: async ({ store }) => {
      await store.write([put("a"), put("a"), put("a")]);
      await store.outbox.settle("w", await claim(store.outbox, "w"));
      expect(await store.outbox.stats()).toEqual({ pending: 0, quarantined: 0, oldest: undefined });
    },
  },
  {
    name: "a write during a lease keeps its entry when the older one is settled",
    run: async ({ store }) => {
      await writeOne(store, put("a"));
      const work = await claim(store.outbox, "one");
      await writeOne(store, put("a"));
      expect(await claim(store.outbox, "two")).toEqual([]);
      await store.outbox.settle("one", work);
      expect(await claim(store.outbox, "two")).toMatchObject([
        { ...key, revision: { counter: 2 } },
      ]);
    },
  },
  {
    name: "what is asked for again during a lease stays when its holder settles, retries or gives up",
    run: async ({ store, clock }) => {
      await store.write([put("settled"), put("retried"), put("given up")]);
      const work = await claim(store.outbox, "one");
      // The clock stands still: no time stamp tells the two askings apart.
      await store.outbox.enqueue(work);
      expect(await claim(store.outbox, "two")).toEqual([]);
      const [settled, retried, givenUp] = ["settled", "retried", "given up"].map((id) =>
        work.filter((entry) => entry.id === id),
      );
      await store.outbox.settle("one", settled!);
      await store.outbox.retryLater("one", retried!, { error: "no", retryAt: clock.now() + 1e9 });
      await store.outbox.quarantine("one", givenUp!, "no");
      const again = await claim(store.outbox, "two");
      expect(idsOf(again).toSorted()).toEqual(["given up", "retried", "settled"]);
      expect(again.map(({ attempts }) => attempts)).toEqual([0, 0, 0]);
      await store.outbox.settle("two", again);
      expect(await store.outbox.stats()).toEqual({ pending: 0, quarantined: 0, oldest: undefined });
    },
  },
  {
    name: "who does not hold the lease changes nothing",
    run: async ({ store, clock }) => {
      await writeOne(store, put("a"));
      const work = await claim(store.outbox, "late");
      await store.outbox.settle("stranger", work);
      await store.outbox.quarantine("stranger", work, "no");
      clock.advance(lease + 1);
      expect(idsOf(await claim(store.outbox, "next"))).toEqual(["a"]);
      await store.outbox.settle("late", work);
      await store.outbox.quarantine("late", work, "no");
      await store.outbox.retryLater("late", work, { error: "no", retryAt: clock.now() + 1e9 });
      expect(await claim(store.outbox, "next")).toMatchObject([{ ...key, attempts: 0 }]);
      expect(await store.outbox.stats()).toMatchObject({ pending: 1, quarantined: 0 });
    },
  },
  {
    name: "work to be retried counts its attempts and rests until its time",
    run: async ({ store, clock }) => {
      await writeOne(store, put("a"));
      const failure = { error: "index down", retryAt: clock.now() + 50 };
      await store.outbox.retryLater("w", await claim(store.outbox, "w"), failure);
      expect(await claim(store.outbox, "other")).toEqual([]);
      expect((await store.outbox.stats()).pending).toBe(1);
      clock.advance(50);
      const again = await claim(store.outbox, "other");
      expect(again).toMatchObject([{ ...key, attempts: 1, lastError: "index down" }]);
    },
  },
  {
    name: "a write after a failure is due at once",
    run: async ({ store, clock }) => {
      await writeOne(store, put("a"));
      const failure = { error: "index down", retryAt: clock.now() + 1e9 };
      await store.outbox.retryLater("w", await claim(store.outbox, "w"), failure);
      await writeOne(store, put("a"));
      expect(await claim(store.outbox, "w")).toMatchObject([{ revision: { counter: 2 } }]);
    },
  },
  {
    name: "keys are claimed due or not, but never from another owner",
    run: async ({ store, clock }) => {
      await store.write([put("a"), put("b")]);
      const failure = { error: "index down", retryAt: clock.now() + 1e9 };
      await store.outbox.retryLater("w", await claim(store.outbox, "w"), failure);
      const named = {
        owner: "one",
        limit: 9,
        leaseMs: lease,
        keys: [key, key, { scope: "x", id: "a" }],
      };
      expect(idsOf(await store.outbox.claim(named))).toEqual(["a"]);
      expect(await store.outbox.claim({ ...named, owner: "two" })).toEqual([]);
      expect(await store.outbox.claim({ ...named, keys: [] })).toEqual([]);
    },
  },
  {
    name: "quarantined work is named with its reason and claimed by nobody",
    run: async ({ store, clock }) => {
      await store.write([put("b"), put("a"), put("a", { scope: "s" })]);
      await store.outbox.quarantine("w", await claim(store.outbox, "w"), "poison");
      clock.advance(lease * 100);
      expect(await claim(store.outbox, "w")).toEqual([]);
      expect(await store.outbox.stats()).toEqual({ pending: 0, quarantined: 3, oldest: undefined });
      const all = await store.outbox.quarantined({ limit: 9 });
      expect(all.map(({ scope, id }) => scope + id)).toEqual(["a", "b", "sa"]);
      expect(all[0]).toMatchObject({ lastError: "poison", revision: { counter: 1 } });
      const rest = await store.outbox.quarantined({ limit: 1, after: key });
      expect(idsOf(rest)).toEqual(["b"]);
    },
  },
  {
    name: "a newer write, and enqueue, take a document out of quarantine",
    run: async ({ store }) => {
      await store.write([put("a"), put("b"), put("c")]);
      await store.outbox.quarantine("w", await claim(store.outbox, "w"), "poison");
      await writeOne(store, put("a"));
      await store.outbox.enqueue([{ scope: "", id: "b" }]);
      expect(idsOf(await claim(store.outbox, "w")).toSorted()).toEqual(["a", "b"]);
      expect(idsOf(await store.outbox.quarantined({ limit: 9 }))).toEqual(["c"]);
    },
  },
  {
    name: "enqueue asks again for what was settled, tombstones too, and ignores unknown keys",
    run: async ({ store }) => {
      await store.write([put("a"), put("b"), deletion("b")]);
      await store.outbox.settle("w", await claim(store.outbox, "w"));
      await store.outbox.enqueue([key, key, { scope: "", id: "b" }, { scope: "", id: "nobody" }]);
      const work = await claim(store.outbox, "w");
      expect(work.map(({ id, revision }) => [id, revision.counter]).toSorted()).toEqual([
        ["a", 1],
        ["b", 2],
      ]);
    },
  },
];
