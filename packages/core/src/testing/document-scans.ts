// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import fc from "fast-check";
import { expect } from "vitest";
import { compareKeys, type DocumentKey, type StoredDocument } from "../document.ts";
import type { DocumentStore, PutItem, ScanOptions } from "../document-store.ts";
import { addDigests } from "../seal.ts";
import type { DocumentStoreCase } from "./document-context.ts";
import { deletion, expectRefused, idsOf, put, unusualIds } from "./samples.ts";

async function scanAll(
  store: DocumentStore,
  options: ScanOptions,
  between: () => Promise<void> = async () => {},
): Promise<StoredDocument[]> {
  const found: StoredDocument[] = [];
  let after: DocumentKey | undefined;
  do {
    const page = await store.scan({ ...options, ...(after && { after }) } as ScanOptions);
    expect(page.documents.length).toBeLessThanOrEqual(options.limit);
    found.push(...page.documents);
    after = page.next;
    if (after) await between();
  } while (after);
  return found;
}

function at(id: string, timestamp: number): PutItem {
  return put(id, { timestamp });
}

/** Scans, order, counts, recency and range digests. */
export const documentScans: readonly DocumentStoreCase[] = [
  {
    name: "a scan is in UTF-8 order of (scope, id) for any page size",
    capability: "keysetScan",
    run: async ({ store }) => {
      const keys = unusualIds.flatMap((scope) => unusualIds.map((id) => ({ scope, id })));
      await store.write(keys.toReversed().map(({ scope, id }) => put(id, { scope })));
      const sorted = keys.toSorted(
        (a, b) =>
          Buffer.compare(Buffer.from(a.scope), Buffer.from(b.scope)) ||
          Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)),
      );
      for (const limit of [1, 7, 1_000]) {
        const found = await scanAll(store, { allScopes: true, limit });
        expect(found.map(({ scope, id }) => ({ scope, id }))).toEqual(sorted);
      }
      const one = await scanAll(store, { scope: "😀", limit: 4 });
      expect(one.map(({ scope, id }) => ({ scope, id }))).toEqual(
        sorted.filter(({ scope }) => scope === "😀"),
      );
    },
  },
  {
    name: "a scan sees each document that exists throughout exactly once while others come and go",
    capability: "keysetScan",
    run: async ({ store }) => {
      const stable = Array.from({ length: 40 }, (_, i) => `s${String(i).padStart(2, "0")}`);
      const early = Array.from({ length: 20 }, (_, i) => `a${String(i).padStart(2, "0")}`);
      await store.write([...stable, ...early].map((id) => put(id)));
      let round = 0;
      const found = await scanAll(store, { limit: 7 }, async () => {
        round += 1;
        const removed = early.splice(0, 5).map((id) => deletion(id));
        await store.write([...removed, put(`a-new-${round}`), put(`z-new-${round}`)]);
        await store.write([put("s39", { text: `changed ${round}` })]);
      });
      const ids = idsOf(found);
      expect(ids).toEqual([...new Set(ids)].toSorted());
      expect(ids.filter((id) => id.startsWith("s"))).toEqual(stable);
    },
  },
  {
    name: "a scan pages over tombstones and filtered documents without end or loss",
    capability: "keysetScan",
    run: async ({ store }) => {
      const ids = Array.from({ length: 30 }, (_, i) => `d${String(i).padStart(2, "0")}`);
      await store.write(ids.map((id, i) => put(id, { metadata: { third: i % 3 === 0 } })));
      await store.write(ids.slice(0, 15).map((id) => deletion(id)));
      const filter = { op: "eq", path: ["third"], value: true } as const;
      const expected = ids.filter((_, i) => i >= 15 && i % 3 === 0);
      expect(idsOf(await scanAll(store, { limit: 2, filter }))).toEqual(expected);
      expect(idsOf(await scanAll(store, { limit: 4 }))).toEqual(ids.slice(15));
      expect(idsOf(await scanAll(store, { limit: 4, includeDeleted: true }))).toEqual(ids);
    },
  },
  {
    name: "a scan goes on after a key that does not exist",
    capability: "keysetScan",
    run: async ({ store }) => {
      await store.write([put("a"), put("c", { scope: "s" }), put("c")]);
      const after = { scope: "", id: "b" };
      expect(idsOf((await store.scan({ limit: 9, after })).documents)).toEqual(["c"]);
      const all = await store.scan({ limit: 9, after, allScopes: true });
      expect(all.documents.map(({ scope, id }) => scope + id)).toEqual(["c", "sc"]);
      const elsewhere = { scope: "s", id: "a" };
      await expectRefused(store.scan({ limit: 9, after: elsewhere }), "E_INVALID_INPUT");
    },
  },
  {
    name: "scope and allScopes together are refused",
    run: async ({ store }) => {
      const both = { scope: "a", allScopes: true } as never as { allScopes: true };
      await expectRefused(store.count(both), "E_INVALID_INPUT");
      await expectRefused(store.scan({ ...both, limit: 1 }), "E_INVALID_INPUT");
    },
  },
  {
    name: "recent is newest first, ties by id in UTF-8 order, one scope, at most limit",
    run: async ({ store }) => {
      await store.write([at("old", 1), at("\uffff", 5), at("😀", 5), at("b", 5), at("new", 9)]);
      await store.write([at("gone", 10), deletion("gone")]);
      await store.write([put("other", { scope: "other", timestamp: 99 })]);
      const ids = ["new", "b", "\uffff", "😀", "old"];
      expect(idsOf(await store.recent({ limit: 100 }))).toEqual(ids);
      expect(idsOf(await store.recent({ limit: 3 }))).toEqual(ids.slice(0, 3));
      expect(await store.recent({ limit: 0 })).toEqual([]);
    },
  },
  {
    name: "recent and count apply a filter",
    run: async ({ store }) => {
      await store.write(
        [1, 2, 3, 4].map((n) => put(`d${n}`, { timestamp: n, metadata: { odd: n % 2 === 1 } })),
      );
      const filter = { op: "eq", path: ["odd"], value: true } as const;
      expect(idsOf(await store.recent({ limit: 1, filter }))).toEqual(["d3"]);
      expect(await store.count({ filter })).toBe(2);
    },
  },
  {
    name: "a range digest is the sum of its records' digests, tombstones included",
    run: async ({ store }) => {
      const empty = "0".repeat(64);
      expect(await store.digest({ allScopes: true })).toEqual({ count: 0, sum: empty });
      const keys = ["", "s"].flatMap((scope) => unusualIds.map((id) => ({ scope, id })));
      await store.write(keys.map(({ scope, id }) => put(id, { scope })));
      await store.write(keys.slice(0, 4).map(({ scope, id }) => deletion(id, scope)));
      const { documents } = await store.scan({ allScopes: true, limit: 100, includeDeleted: true });
      const bound = fc.option(fc.constantFrom(...keys), { nil: undefined });
      const scope = fc.constantFrom(undefined, "", "s", "none");
      await fc.assert(
        fc.asyncProperty(bound, bound, scope, async (after, upTo, only) => {
          const expected = documents
            .filter((each) => only === undefined || each.scope === only)
            .filter((each) => !after || compareKeys(each, after) > 0)
            .filter((each) => !upTo || compareKeys(each, upTo) <= 0)
            .map(({ digest }) => digest);
          const range = { ...(after && { after }), ...(upTo && { upTo }) };
          const selector = only === undefined ? { allScopes: true as const } : { scope: only };
          expect(await store.digest({ ...selector, range })).toEqual({
            count: expected.length,
            sum: addDigests(expected),
          });
        }),
        { numRuns: 30, seed: 3 },
      );
    },
  },
];
