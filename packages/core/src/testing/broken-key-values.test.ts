// oxlint-disable vitest/expect-expect, no-unused-vars, oxc/no-map-spread -- expectCaught asserts; doubles drop and change fields
import { expect, test } from "vitest";
import type { KeyValueStore, Lease } from "../key-value-store.ts";
import { MemoryKeyValueStore } from "../memory/index.ts";
import { altered, expectCaught, failingCases } from "./broken-doubles.ts";
import { keyValueStoreCases, openKeyValueStore } from "./key-value-contract.ts";

type Change = (store: KeyValueStore) => Partial<KeyValueStore>;

function openAltered(change: Change): ReturnType<typeof openKeyValueStore> {
  return openKeyValueStore(async ({ clock }) => {
    const store = new MemoryKeyValueStore({ clock });
    return { store: altered<KeyValueStore>(store, change(store)) };
  });
}

const doubles: readonly (readonly [string, Change, readonly string[]])[] = [
  [
    "lets a stranger release a lease",
    (store) => {
      let latest: Lease | undefined;
      return {
        lease: async (key, ms) => {
          const lease = await store.lease(key, ms);
          if (lease) latest = lease;
          return lease && { ...lease, release: async () => (await latest?.release()) ?? false };
        },
      };
    },
    ["a lease ends by itself, and its former holder can neither renew nor release the next one"],
  ],
  [
    "gives a lease to everybody",
    () => ({ lease: async (key) => ({ key, renew: async () => true, release: async () => true }) }),
    ["a lease has one holder until it is released", "of concurrent takers one gets the lease"],
  ],
  [
    "ignores the ttl",
    (store) => ({
      set: (key, value, { ttl: _, ...options } = {}) => store.set(key, value, options),
    }),
    [
      "an entry is gone when its ttl is over, and lives on when replaced without one",
      "ifAbsent stores only where nothing lives",
    ],
  ],
  [
    "keeps the old ttl when a value is replaced without one",
    (store) => {
      const ttls = new Map<string, number>();
      return {
        set: (key, value, options = {}) => {
          const ttl = options.ttl ?? ttls.get(key);
          if (ttl !== undefined) ttls.set(key, ttl);
          return store.set(key, value, { ...options, ...(ttl !== undefined && { ttl }) });
        },
      };
    },
    ["an entry is gone when its ttl is over, and lives on when replaced without one"],
  ],
  [
    "ignores ifAbsent",
    (store) => ({
      set: (key, value, { ifAbsent: _, ...options } = {}) => store.set(key, value, options),
    }),
    ["ifAbsent stores only where nothing lives", "of concurrent ifAbsent calls one stores"],
  ],
  [
    "reads, waits, and then increments",
    (store) => ({
      increment: async (key, by = 1) => {
        const [value] = await store.getMany([key]);
        const next = Number(new TextDecoder().decode(value ?? new Uint8Array())) + by;
        await store.set(key, new TextEncoder().encode(String(next)));
        return next;
      },
    }),
    ["increments add up, from many at once and below zero"],
  ],
  [
    "stores text instead of bytes",
    (store) => ({
      set: (key, value, options) =>
        store.set(key, new TextEncoder().encode(new TextDecoder().decode(value)), options),
    }),
    ["bytes come back as they went in, one answer per key, in order"],
  ],
  [
    "folds keys to lower case",
    (store) => ({
      set: (key, value, options) => store.set(key.toLowerCase(), value, options),
      getMany: (keys) => store.getMany(keys.map((key) => key.toLowerCase())),
    }),
    ["keys are kept to the byte; malformed ones and values that are no bytes are refused"],
  ],
];

test.each(doubles)("a key-value store that %s is caught", async (_, change, names) => {
  await expectCaught(keyValueStoreCases, names, () => openAltered(change));
});

test("the same cases accept the untouched reference", async () => {
  expect(await failingCases(keyValueStoreCases, () => openAltered(() => ({})))).toEqual([]);
});
