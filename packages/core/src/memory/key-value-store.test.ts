import { expect, test } from "vitest";
import { TestClock } from "../testing/index.ts";
import { MemoryKeyValueStore } from "./key-value-store.ts";

test("a message is heard after publish returned, and nothing is heard of a closed store", async () => {
  const store = new MemoryKeyValueStore();
  const heard: number[] = [];
  await store.channels.subscribe("news", ([first]) => heard.push(first ?? -1));
  const published = store.channels.publish("news", Uint8Array.of(1));
  expect(heard).toEqual([]);
  await published;
  await Promise.resolve();
  expect(heard).toEqual([1]);
  await store.close();
  await expect(store.channels.publish("news", Uint8Array.of(2))).rejects.toMatchObject({
    code: "E_CLOSED",
  });
});

test("one function may subscribe twice and leave once", async () => {
  const store = new MemoryKeyValueStore();
  let heard = 0;
  const listener = (): void => {
    heard += 1;
  };
  const first = await store.channels.subscribe("news", listener);
  await store.channels.subscribe("news", listener);
  await first[Symbol.asyncDispose]();
  await store.channels.publish("news", new Uint8Array());
  await Promise.resolve();
  expect(heard).toBe(1);
});

test("many entries that expired unread do not disturb those that live", async () => {
  const clock = new TestClock();
  const store = new MemoryKeyValueStore({ clock });
  const value = Uint8Array.of(1);
  await store.set("kept", value);
  const expiring = Array.from({ length: 990 }, (_, i) =>
    store.set(`short ${i}`, value, { ttl: 5 }),
  );
  await Promise.all(expiring);
  clock.advance(10);
  const more = Array.from({ length: 2_000 }, (_, i) =>
    store.set(`long ${i}`, value, { ttl: 5_000 }),
  );
  await Promise.all(more);
  expect(await store.getMany(["kept", "long 0", "long 1999"])).toEqual([value, value, value]);
  expect(await store.getMany(["short 0"])).toEqual([undefined]);
});
