// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { expect } from "vitest";
import type { KeyValueStore } from "../key-value-store.ts";
import type { KeyValueStoreCase } from "./key-value-context.ts";
import { expectRefused } from "./samples.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function textOf(store: KeyValueStore, key: string): Promise<string | undefined> {
  const [value] = await store.getMany([key]);
  return value && new TextDecoder().decode(value);
}

/** Values, expiry, counters. */
export const keyValueValues: readonly KeyValueStoreCase[] = [
  {
    name: "bytes come back as they went in, one answer per key, in order",
    run: async ({ store }) => {
      const every = Uint8Array.from({ length: 256 }, (_, i) => i);
      expect(await store.set("every", every)).toBe(true);
      await store.set("empty", new Uint8Array());
      const [a, missing, b, again] = await store.getMany(["every", "missing", "empty", "every"]);
      expect(a).toEqual(every);
      expect(missing).toBeUndefined();
      expect(b).toEqual(new Uint8Array());
      expect(again).toEqual(every);
      expect(await store.getMany([])).toEqual([]);
    },
  },
  {
    name: "values are copied in and out",
    run: async ({ store }) => {
      const given = bytes("abc");
      await store.set("a", given);
      given.fill(0);
      const [read] = await store.getMany(["a"]);
      read?.fill(1);
      expect(await textOf(store, "a")).toBe("abc");
    },
  },
  {
    name: "keys are kept to the byte; malformed ones and values that are no bytes are refused",
    run: async ({ store }) => {
      const keys = ["a", "A", "é", "e\u0301", "😀", "a b", "a:b*?", "x".repeat(512)];
      for (const key of keys) await store.set(key, bytes(key));
      for (const key of keys) expect(await textOf(store, key)).toBe(key);
      for (const key of ["", "a\0", "\ud800", "x".repeat(513)]) {
        await expectRefused(store.set(key, bytes("x")), "E_INVALID_INPUT");
        await expectRefused(store.getMany([key]), "E_INVALID_INPUT");
        await expectRefused(store.increment(key), "E_INVALID_INPUT");
      }
      await expectRefused(store.set("a", "text" as never), "E_INVALID_INPUT");
    },
  },
  {
    name: "an entry is gone when its ttl is over, and lives on when replaced without one",
    run: async ({ store, pass }) => {
      await store.set("short", bytes("1"), { ttl: 100 });
      await store.set("kept", bytes("1"), { ttl: 100 });
      await store.set("kept", bytes("2"));
      expect(await textOf(store, "short")).toBe("1");
      await pass(110);
      expect(await textOf(store, "short")).toBeUndefined();
      expect(await textOf(store, "kept")).toBe("2");
      expect(await store.delete(["short"])).toBe(0);
      for (const ttl of [0, -1, Number.NaN]) {
        await expectRefused(store.set("a", bytes("x"), { ttl }), "E_INVALID_INPUT");
      }
    },
  },
  {
    name: "ifAbsent stores only where nothing lives",
    run: async ({ store, pass }) => {
      expect(await store.set("a", bytes("1"), { ifAbsent: true, ttl: 100 })).toBe(true);
      expect(await store.set("a", bytes("2"), { ifAbsent: true })).toBe(false);
      expect(await textOf(store, "a")).toBe("1");
      await pass(110);
      expect(await store.set("a", bytes("3"), { ifAbsent: true })).toBe(true);
      expect(await textOf(store, "a")).toBe("3");
    },
  },
  {
    name: "of concurrent ifAbsent calls one stores",
    run: async ({ store }) => {
      const calls = Array.from({ length: 20 }, (_, i) =>
        store.set("a", bytes(`${i}`), { ifAbsent: true }),
      );
      expect((await Promise.all(calls)).filter(Boolean)).toHaveLength(1);
    },
  },
  {
    name: "delete says how many keys existed",
    run: async ({ store }) => {
      await store.set("a", bytes("1"));
      await store.set("b", bytes("1"));
      expect(await store.delete(["a", "b", "missing"])).toBe(2);
      expect(await store.delete(["a"])).toBe(0);
      expect(await textOf(store, "a")).toBeUndefined();
      expect(await store.delete([])).toBe(0);
    },
  },
  {
    name: "increments add up, from many at once and below zero",
    run: async ({ store }) => {
      expect(await store.increment("n")).toBe(1);
      expect(await store.increment("n", 9)).toBe(10);
      expect(await store.increment("n", -15)).toBe(-5);
      expect(await textOf(store, "n")).toBe("-5");
      const answers = await Promise.all(Array.from({ length: 50 }, () => store.increment("many")));
      expect(answers.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 50 }, (_, i) => i + 1),
      );
    },
  },
  {
    name: "a counter's ttl begins when it is created and is kept",
    run: async ({ store, pass }) => {
      await store.increment("n", 1, { ttl: 200 });
      await pass(120);
      expect(await store.increment("n", 1, { ttl: 10_000 })).toBe(2);
      await pass(120);
      expect(await store.increment("n")).toBe(1);
    },
  },
  {
    name: "incrementing what is no counter, or by no whole number, is refused and changes nothing",
    run: async ({ store }) => {
      await store.set("a", bytes("text"));
      await expectRefused(store.increment("a"), "E_INVALID_INPUT");
      expect(await textOf(store, "a")).toBe("text");
      await expectRefused(store.increment("n", 0.5), "E_INVALID_INPUT");
      await expectRefused(store.increment("n", Number.NaN), "E_INVALID_INPUT");
      await store.increment("full", Number.MAX_SAFE_INTEGER);
      await expectRefused(store.increment("full"), "E_INVALID_INPUT");
      expect(await textOf(store, "full")).toBe(String(Number.MAX_SAFE_INTEGER));
    },
  },
  {
    name: "an aborted signal stops a call; a closed store refuses; closing twice is harmless",
    run: async ({ store }) => {
      const signal = AbortSignal.abort();
      await expectRefused(store.set("a", bytes("1"), { signal }), "E_ABORTED");
      await expectRefused(store.getMany(["a"], { signal }), "E_ABORTED");
      expect(await textOf(store, "a")).toBeUndefined();
      await store.close();
      await store.close();
      await expectRefused(store.getMany(["a"]), "E_CLOSED");
      await expectRefused(store.set("a", bytes("1")), "E_CLOSED");
      await expectRefused(store.lease("a", 10), "E_CLOSED");
    },
  },
];
