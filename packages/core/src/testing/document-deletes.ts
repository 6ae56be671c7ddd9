import { expect } from "vitest";
import { sealTombstone } from "../seal.ts";
import type { DocumentStoreCase } from "./document-context.ts";
import { deletion, expectRefused, getOne, put, recordOf, documentOf, writeOne } from "./samples.ts";

const key = { scope: "", id: "a" };

/** Deletion, tombstones, compaction and the fence. */
export const documentDeletes: readonly DocumentStoreCase[] = [
  {
    name: "a deleted document is found by no read",
    run: async ({ store }) => {
      await writeOne(store, put("a", { metadata: { n: 1 } }));
      await writeOne(store, deletion("a"));
      expect(await getOne(store, key)).toBeUndefined();
      expect(await store.count()).toBe(0);
      expect((await store.scan({ limit: 9 })).documents).toEqual([]);
      expect(await store.recent({ limit: 9 })).toEqual([]);
      const filter = { op: "not", filter: { op: "exists", path: ["x"], value: true } } as const;
      expect(await store.count({ filter })).toBe(0);
    },
  },
  {
    name: "a tombstone keeps nothing of the document but its key",
    capability: "tombstones",
    run: async ({ store, clock }) => {
      await writeOne(store, put("a", { metadata: { secret: 1 } }));
      clock.advance(10);
      const stored = await writeOne(store, deletion("a"));
      expect(stored).toStrictEqual({
        ...key,
        text: "",
        metadata: {},
        timestamp: clock.now(),
        deleted: true,
        revision: { epoch: 0, counter: 2 },
        digest: sealTombstone(key, clock.now()).digest,
      });
      expect(await getOne(store, key, true)).toStrictEqual(stored);
      expect((await store.scan({ limit: 9, includeDeleted: true })).documents).toEqual([stored]);
    },
  },
  {
    name: "a filter never matches a tombstone",
    capability: "tombstones",
    run: async ({ store }) => {
      await store.write([put("a"), deletion("a"), put("b")]);
      const filter = { op: "exists", path: ["x"], value: false } as const;
      const { documents } = await store.scan({ limit: 9, includeDeleted: true, filter });
      expect(documents.map(({ id }) => id)).toEqual(["b"]);
    },
  },
  {
    name: "deleting what is not there writes nothing and uses no revision",
    run: async ({ store }) => {
      expect(await store.write([deletion("a")])).toEqual([{ status: "absent" }]);
      expect(await getOne(store, key, true)).toBeUndefined();
      await store.write([put("a"), deletion("a"), deletion("a")]);
      expect((await writeOne(store, put("a"))).revision.counter).toBe(3);
    },
  },
  {
    name: "revisions go on over a tombstone",
    capability: "tombstones",
    run: async ({ store }) => {
      const first = await writeOne(store, put("a"));
      const tombstone = await writeOne(store, deletion("a"));
      const again = await writeOne(store, put("a"));
      const counters = [first, tombstone, again].map(({ revision }) => revision.counter);
      expect(counters).toEqual([1, 2, 3]);
    },
  },
  {
    name: "a late copy of a deleted document does not bring it back",
    capability: "tombstones",
    run: async ({ store }) => {
      const old = await writeOne(store, put("a"));
      await writeOne(store, deletion("a"));
      expect(await store.putIfNewer([old])).toEqual([false]);
      expect(await getOne(store, key)).toBeUndefined();
      const stale = { ...put("a"), ifRevision: old.revision };
      expect((await store.write([stale]))[0]?.status).toBe("conflict");
      expect(await getOne(store, key)).toBeUndefined();
    },
  },
  {
    name: "compact drops old tombstones only, never documents",
    capability: "tombstones",
    run: async ({ store, clock }) => {
      await store.write([put("live"), put("old"), deletion("old")]);
      clock.advance(1_000);
      const cut = clock.now();
      await store.write([put("young"), deletion("young")]);
      const work = await store.outbox.claim({ owner: "w", limit: 100, leaseMs: 1_000 });
      await store.outbox.settle("w", work);
      expect(await store.compact({ olderThan: cut })).toBe(1);
      expect(await store.compact({ olderThan: cut })).toBe(0);
      const { documents } = await store.scan({ limit: 9, includeDeleted: true });
      expect(documents.map(({ id, deleted }) => [id, deleted])).toEqual([
        ["live", false],
        ["young", true],
      ]);
    },
  },
  {
    name: "compact keeps the work and the tombstone of a deletion that is not yet indexed",
    capability: "tombstones",
    skipWhen: ({ store }) =>
      store.capabilities.coIndexed ? "index entries go with the document" : undefined,
    run: async ({ store, clock }) => {
      await store.write([put("a"), deletion("a")]);
      clock.advance(1_000);
      expect(await store.compact({ olderThan: clock.now() })).toBe(0);
      const work = await store.outbox.claim({ owner: "w", limit: 9, leaseMs: 1_000 });
      expect(work.map(({ id }) => id)).toEqual(["a"]);
      expect((await writeOne(store, put("a"))).revision.counter).toBe(3);
    },
  },
  {
    name: "the fence refuses writes of an older epoch and never sinks",
    capability: "fence",
    run: async ({ store }) => {
      await writeOne(store, put("a"));
      expect(await store.fence(5)).toBe(5);
      expect(await store.fence(3)).toBe(5);
      await expectRefused(store.write([put("a")], { epoch: 4 }), "E_FENCED");
      await expectRefused(store.write([deletion("a")], { epoch: 4 }), "E_FENCED");
      await expectRefused(store.write([put("new")]), "E_FENCED");
      expect(await store.count()).toBe(1);
      const stored = await writeOne(store, put("a"), { epoch: 5 });
      expect(stored.revision).toEqual({ epoch: 5, counter: 2 });
    },
  },
  {
    name: "a write below its record's own epoch is fenced, and undoes its call where there are transactions",
    capability: "fence",
    run: async ({ store }) => {
      await store.putIfNewer([recordOf(documentOf("a"), 1, 7)]);
      await expectRefused(store.write([put("b"), put("a", { text: "late" })]), "E_FENCED");
      expect((await getOne(store, key))?.text).toBe("text of a");
      if (store.capabilities.transactions) expect(await store.count()).toBe(1);
    },
  },
];
