import { expect, vi } from "vitest";
import type { KeyValueStoreCase } from "./key-value-context.ts";
import { expectRefused } from "./samples.ts";

/** Leases and channels. */
export const keyValueLeases: readonly KeyValueStoreCase[] = [
  {
    name: "a lease has one holder until it is released",
    run: async ({ store }) => {
      const first = await store.lease("job", 1_000);
      expect(first?.key).toBe("job");
      expect(await store.lease("job", 1_000)).toBeUndefined();
      expect(await store.lease("other", 1_000)).toBeDefined();
      expect(await first?.release()).toBe(true);
      expect(await first?.release()).toBe(false);
      expect(await store.lease("job", 1_000)).toBeDefined();
      expect(await first?.release()).toBe(false);
      expect(await first?.renew(1_000)).toBe(false);
      expect(await store.lease("job", 1_000)).toBeUndefined();
    },
  },
  {
    name: "of concurrent takers one gets the lease",
    run: async ({ store }) => {
      const calls = Array.from({ length: 20 }, () => store.lease("job", 1_000));
      expect((await Promise.all(calls)).filter(Boolean)).toHaveLength(1);
    },
  },
  {
    name: "a lease ends by itself, and its former holder can neither renew nor release the next one",
    run: async ({ store, pass }) => {
      const first = await store.lease("job", 100);
      await pass(110);
      expect(await first?.renew(1_000)).toBe(false);
      const second = await store.lease("job", 10_000);
      expect(second).toBeDefined();
      expect(await first?.renew(1_000)).toBe(false);
      expect(await first?.release()).toBe(false);
      expect(await store.lease("job", 100)).toBeUndefined();
      expect(await second?.release()).toBe(true);
    },
  },
  {
    name: "a renewed lease lasts from the renewal on",
    run: async ({ store, pass }) => {
      const lease = await store.lease("job", 200);
      await pass(120);
      expect(await lease?.renew(200)).toBe(true);
      await pass(120);
      expect(await store.lease("job", 100)).toBeUndefined();
      await pass(120);
      expect(await store.lease("job", 100)).toBeDefined();
    },
  },
  {
    name: "leases and values do not share keys",
    run: async ({ store }) => {
      await store.set("job", new Uint8Array([1]));
      const lease = await store.lease("job", 1_000);
      expect(lease).toBeDefined();
      expect(await store.getMany(["job"])).toEqual([new Uint8Array([1])]);
      await store.delete(["job"]);
      expect(await store.lease("job", 1_000)).toBeUndefined();
    },
  },
  {
    name: "a lease without a length or with a malformed key is refused",
    run: async ({ store }) => {
      await expectRefused(store.lease("job", 0), "E_INVALID_INPUT");
      await expectRefused(store.lease("job", Number.NaN), "E_INVALID_INPUT");
      await expectRefused(store.lease("", 100), "E_INVALID_INPUT");
    },
  },
  {
    name: "a message reaches every present subscriber of its channel, in order, as a copy",
    skipWhen: ({ store }) => (store.channels ? undefined : "the engine cannot push"),
    run: async ({ store: { channels } }) => {
      const heard: string[] = [];
      const listen = (who: string) => (message: Uint8Array<ArrayBuffer>) => {
        heard.push(`${who}${message.join()}`);
        message.fill(0);
      };
      const one = await channels!.subscribe("news", listen("a"));
      const second = await channels!.subscribe("news", listen("b"));
      const elsewhere = await channels!.subscribe("other", listen("c"));
      await channels!.publish("news", Uint8Array.of(1, 2));
      await channels!.publish("news", Uint8Array.of(3));
      await vi.waitFor(() => expect(heard).toHaveLength(4), { timeout: 30_000 });
      expect(heard.filter((each) => each.startsWith("a"))).toEqual(["a1,2", "a3"]);
      expect(heard.filter((each) => each.startsWith("b"))).toEqual(["b1,2", "b3"]);
      await one[Symbol.asyncDispose]();
      await channels!.publish("news", Uint8Array.of(4));
      await vi.waitFor(() => expect(heard).toHaveLength(5), { timeout: 30_000 });
      expect(heard.at(-1)).toBe("b4");
      await second[Symbol.asyncDispose]();
      await elsewhere[Symbol.asyncDispose]();
    },
  },
];
