// oxlint-disable no-await-in-loop, vitest/expect-expect, no-unused-vars, oxc/no-map-spread -- doubles work step by step; expectCaught asserts
import { expect, test } from "vitest";
import type { StoredDocument } from "../document.ts";
import type { DocumentStore, ScanOptions, ScanPage } from "../document-store.ts";
import type { Filter } from "../filter.ts";
import { MemoryDocumentStore } from "../memory/index.ts";
import { addDigests, sealDocument } from "../seal.ts";
import { altered, expectCaught, failingCases } from "./broken-doubles.ts";
import { documentStoreCases, openDocumentStore } from "./document-store-contract.ts";
import { recordOf } from "./samples.ts";

type Change = (store: DocumentStore) => Partial<DocumentStore>;

function openAltered(change: Change): ReturnType<typeof openDocumentStore> {
  return openDocumentStore(async ({ clock }) => {
    const store = new MemoryDocumentStore({ clock });
    return { store: altered<DocumentStore>(store, change(store)) };
  });
}

function withoutFilter(options: ScanOptions): ScanOptions {
  const { filter: _, ...rest } = options;
  return rest as ScanOptions;
}

/** As SQL has it: a comparison with a missing value is not true. */
function sqlNe(filter: Filter): Filter {
  if (filter.op !== "ne") return filter;
  return { op: "and", filters: [{ op: "exists", path: filter.path, value: true }, filter] };
}

async function putAgain(
  store: DocumentStore,
  records: readonly StoredDocument[],
): Promise<boolean[]> {
  for (const { scope, id, text, metadata, timestamp, deleted } of records) {
    await (deleted
      ? store.write([{ type: "delete", key: { scope, id } }])
      : store.write([{ type: "put", document: { scope, id, text, metadata, timestamp } }]));
  }
  return records.map(() => true);
}

function byOffset(store: DocumentStore): (options: ScanOptions) => Promise<ScanPage> {
  const offsets = new Map<string | undefined, number>([[undefined, 0]]);
  return async ({ after, limit, ...rest }) => {
    const { documents } = await store.scan({ ...rest, limit: 10_000 } as ScanOptions);
    const from = offsets.get(after?.id) ?? 0;
    const page = documents.slice(from, from + limit);
    const next = from + limit < documents.length ? page.at(-1) : undefined;
    if (next) offsets.set(next.id, from + limit);
    return { documents: page, next };
  };
}

const doubles: readonly (readonly [string, Change, readonly string[]])[] = [
  [
    "brings deleted documents back",
    (store) => ({
      putIfNewer: async (records) => {
        const current = await store.get(records);
        const lost = records.filter((record, i) => !record.deleted && !current[i]);
        return lost.length > 0 ? putAgain(store, lost) : store.putIfNewer(records);
      },
    }),
    ["a late copy of a deleted document does not bring it back"],
  ],
  [
    "keeps no tombstone, so counters restart",
    (store) => ({
      write: async (items, options) => {
        const results = await store.write(items, options);
        const work = await store.outbox.claim({ owner: "x", limit: 1_000, leaseMs: 1 });
        await store.outbox.settle("x", work);
        await store.compact({ olderThan: Number.POSITIVE_INFINITY });
        return results;
      },
    }),
    [
      "revisions go on over a tombstone",
      "a late copy of a deleted document does not bring it back",
    ],
  ],
  [
    "pages by offset",
    (store) => ({ scan: byOffset(store) }),
    ["a scan sees each document that exists throughout exactly once while others come and go"],
  ],
  [
    "orders by UTF-16",
    (store) => ({
      scan: async (options) => {
        const page = await store.scan(options);
        const documents = page.documents.toSorted((a, b) => (a.id < b.id ? -1 : 1));
        return { ...page, documents };
      },
    }),
    ["a scan is in UTF-8 order of (scope, id) for any page size"],
  ],
  [
    "ignores the scope",
    (store) => ({ count: () => store.count({ allScopes: true }) }),
    ["a scope never sees another's documents"],
  ],
  [
    "ignores ifRevision",
    (store) => ({
      write: (items, options) =>
        store.write(
          items.map(({ ifRevision: _, ...item }) => item),
          options,
        ),
    }),
    [
      "ifRevision lets a write through only on that revision of a live document",
      "of many concurrent writers on one revision exactly one wins",
    ],
  ],
  [
    "lets the last copy win",
    (store) => ({ putIfNewer: (records) => putAgain(store, records) }),
    [
      "putIfNewer is idempotent, commutative and associative",
      "one revision with two contents is a collision, and changes nothing",
      "a record whose digest does not match its content is refused",
    ],
  ],
  [
    "reads, waits, and then writes",
    (store) => ({
      write: async (items) => {
        const [item] = items;
        if (item?.type !== "put") return [];
        const [current] = await store.get([item.document]);
        const record = recordOf(item.document, (current?.revision.counter ?? 0) + 1);
        await store.putIfNewer([record]).catch(() => []);
        return [{ status: "written", stored: record }];
      },
    }),
    ["100 concurrent writers of one id each get a revision of their own"],
  ],
  [
    "writes item by item without looking ahead",
    (store) => ({
      write: async (items, options) => {
        const results = [];
        for (const item of items) results.push(...(await store.write([item], options)));
        return results;
      },
    }),
    [
      "U+0000 in the text is refused before anything is written",
      "NaN in metadata is refused before anything is written",
    ],
  ],
  [
    "repairs text in silence",
    (store) => ({
      write: (items, options) =>
        store.write(
          items.map((item) => {
            if (item.type === "delete" || typeof item.document.text !== "string") return item;
            const text = item.document.text.toWellFormed().replaceAll("\0", "");
            return { ...item, document: { ...item.document, text } };
          }),
          options,
        ),
    }),
    [
      "a lone surrogate in the text is refused before anything is written",
      "U+0000 in the text is refused before anything is written",
    ],
  ],
  [
    "reports another digest than it stores",
    (store) => ({
      write: async (items, options) => {
        const results = await store.write(items, options);
        return results.map((result) => {
          if (result.status !== "written" || result.stored.deleted) return result;
          const { digest } = sealDocument({ ...result.stored, scope: "wrong" });
          return { ...result, stored: { ...result.stored, digest } };
        });
      },
    }),
    ["what write reports is what get returns, with the digest of the content"],
  ],
  [
    "hands out what it keeps",
    (store) => {
      const shared = new Map<string, StoredDocument | undefined>();
      return {
        get: async (keys) => {
          const found = await store.get(keys);
          return keys.map(({ id }, i) => {
            if (!shared.has(id)) shared.set(id, found[i]);
            return shared.get(id);
          });
        },
      };
    },
    ["changing a document that was given or returned does not change the store"],
  ],
  [
    "has no fence",
    () => ({ fence: async (epoch) => epoch }),
    ["the fence refuses writes of an older epoch and never sinks"],
  ],
  [
    "forgets the filter",
    (store) => ({ scan: (options) => store.scan(withoutFilter(options)) }),
    [
      "every operator answers as documented for every type of value",
      "any filter on any metadata agrees with matchesFilter",
      "a malformed filter is refused by every read that takes one",
    ],
  ],
  [
    "compares with missing values as SQL does",
    (store) => ({
      scan: (options) =>
        store.scan(options.filter ? { ...options, filter: sqlNe(options.filter) } : options),
    }),
    [
      "every operator answers as documented for every type of value",
      "any filter on any metadata agrees with matchesFilter",
    ],
  ],
  [
    "leaves tombstones out of the digest",
    (store) => ({
      digest: async () => {
        const { documents } = await store.scan({ allScopes: true, limit: 10_000 });
        const digests = documents.map(({ digest }) => digest);
        return { count: digests.length, sum: addDigests(digests) };
      },
    }),
    ["a range digest is the sum of its records' digests, tombstones included"],
  ],
  [
    "compacts young tombstones too",
    (store) => ({ compact: () => store.compact({ olderThan: Number.POSITIVE_INFINITY }) }),
    ["compact drops old tombstones only, never documents"],
  ],
  [
    "stays open",
    () => ({ close: async () => {}, [Symbol.asyncDispose]: async () => {} }),
    ["a closed store refuses everything, and closing twice is harmless"],
  ],
];

test.each(doubles)("a store that %s is caught", async (_, change, names) => {
  await expectCaught(documentStoreCases, names, () => openAltered(change));
});

test("the same cases accept the untouched reference", async () => {
  expect(await failingCases(documentStoreCases, () => openAltered(() => ({})))).toEqual([]);
});
