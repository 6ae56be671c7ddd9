// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { expect } from "vitest";
import type { DocumentStoreCase, DocumentStoreContext } from "./document-context.ts";
import { deletion, documentOf, expectRefused, getOne, put, recordOf, writeOne } from "./samples.ts";

const key = { scope: "", id: "a" };

const forgetful = ({ reopen }: DocumentStoreContext): string | undefined =>
  reopen ? undefined : "the store does not outlive its process";

/** Settings, reopening, closing. */
export const documentLifecycle: readonly DocumentStoreCase[] = [
  {
    name: "settings are kept by name, replaced whole, and not replaced with ifAbsent",
    run: async ({ store: { settings } }) => {
      expect(await settings.get("embedder")).toBeUndefined();
      const value = { driver: "hash", nested: { list: [1] } };
      expect(await settings.set("embedder", value)).toEqual(value);
      expect(await settings.set("embedder", { other: 1 }, { ifAbsent: true })).toEqual(value);
      expect(await settings.set("fresh", { n: 1 }, { ifAbsent: true })).toEqual({ n: 1 });
      expect(await settings.set("embedder", { other: 1 })).toEqual({ other: 1 });
      expect(await settings.get("embedder")).toEqual({ other: 1 });
    },
  },
  {
    name: "of concurrent ifAbsent settings one wins and all learn which",
    run: async ({ store: { settings } }) => {
      const calls = Array.from({ length: 10 }, (_, by) =>
        settings.set("owner", { by }, { ifAbsent: true }),
      );
      const answers = await Promise.all(calls);
      const winner = await settings.get("owner");
      for (const answer of answers) expect(answer).toEqual(winner);
    },
  },
  {
    name: "with ifEquals a setting is replaced only while it is that value",
    run: async ({ store: { settings } }) => {
      await expectRefused(settings.set("a", { n: 1 }, { ifEquals: { n: 0 } }), "E_CONFLICT");
      expect(await settings.get("a")).toBeUndefined();
      await settings.set("a", { n: 1, list: [1] });
      await expectRefused(settings.set("a", { n: 2 }, { ifEquals: { n: 1 } }), "E_CONFLICT");
      expect(await settings.get("a")).toEqual({ n: 1, list: [1] });
      const sameInAnotherOrder = { ifEquals: { list: [1], n: 1 } };
      expect(await settings.set("a", { n: 2 }, sameInAnotherOrder)).toEqual({ n: 2 });
      const calls = Array.from({ length: 10 }, (_, by) =>
        settings.set("a", { by }, { ifEquals: { n: 2 } }),
      );
      const won = (await Promise.allSettled(calls)).filter(({ status }) => status === "fulfilled");
      expect(won).toEqual([{ status: "fulfilled", value: await settings.get("a") }]);
    },
  },
  {
    name: "changing a setting that was given or returned does not change the store",
    run: async ({ store: { settings } }) => {
      const value = { list: [1] };
      const returned = await settings.set("a", value);
      value.list.push(2);
      (returned["list"] as number[]).push(3);
      expect(await settings.get("a")).toEqual({ list: [1] });
    },
  },
  {
    name: "settings that are not JSON are refused",
    run: async ({ store: { settings } }) => {
      await expectRefused(settings.set("a", { n: Number.NaN }), "E_INVALID_INPUT");
      await expectRefused(settings.set("", {}), "E_INVALID_INPUT");
    },
  },
  {
    name: "everything acknowledged is there after reopening",
    skipWhen: forgetful,
    run: async ({ store, reopen, clock }) => {
      const stored = await writeOne(store, put("a", { metadata: { n: [1, null] } }));
      await store.write([put("gone"), deletion("gone")]);
      await store.settings.set("embedder", { driver: "hash" });
      const before = await store.digest({ allScopes: true });
      const again = await reopen!();
      expect(await getOne(again, key)).toEqual(stored);
      expect(await again.digest({ allScopes: true })).toEqual(before);
      expect(await again.settings.get("embedder")).toEqual({ driver: "hash" });
      clock.advance(10_000);
      const work = await again.outbox.claim({ owner: "w", limit: 9, leaseMs: 1_000 });
      expect(work.some(({ id }) => id === "a")).toBe(true);
      expect((await writeOne(again, put("gone"))).revision.counter).toBe(3);
    },
  },
  {
    name: "the fence in force at reopening is the default epoch",
    capability: "fence",
    skipWhen: forgetful,
    run: async ({ store, reopen }) => {
      await writeOne(store, put("a"));
      await store.fence(4);
      const again = await reopen!();
      expect((await writeOne(again, put("a"))).revision).toEqual({ epoch: 4, counter: 2 });
    },
  },
  {
    name: "a closed store refuses everything, and closing twice is harmless",
    run: async ({ store }) => {
      await store.close();
      await store.close();
      await store[Symbol.asyncDispose]();
      const record = recordOf(documentOf("a"), 1);
      for (const call of [
        () => store.write([put("a")]),
        () => store.putIfNewer([record]),
        () => store.get([key]),
        () => store.count(),
        () => store.scan({ limit: 1 }),
        () => store.recent({ limit: 1 }),
        () => store.digest(),
        () => store.fence(1),
        () => store.compact({ olderThan: 0 }),
        () => store.settings.get("a"),
        () => store.outbox.stats(),
        () => store.outbox.claim({ owner: "w", limit: 1, leaseMs: 1 }),
      ]) {
        await expectRefused(call(), "E_CLOSED");
      }
    },
  },
];
