import { expect, onTestFinished, test, vi } from "vitest";
import { fakeServer } from "./fixtures/fake-server.ts";
import { openRedis } from "./open-redis.ts";

test.each([
  [{ url: "redis" }, "url"],
  [{ url: "http://host" }, "url"],
  [{ url: "redis://host/name" }, "url"],
  [{ url: "redis://host", prefix: "\ud800" }, "prefix"],
  [{ url: "redis://host", prefix: "x".repeat(513) }, "prefix"],
  [{ url: "redis://host", timeout: 0 }, "timeout"],
])("%j is refused", async (options, named) => {
  const message = expect.stringContaining(named) as string;
  await expect(openRedis(options)).rejects.toMatchObject({ code: "E_CONFIG", message });
});

test("a server that breaks off is named without the password; each call tries once more", async () => {
  await using server = await fakeServer((socket) => socket.destroy());
  await using store = await openRedis({ url: server.url });
  expect(server.connections()).toBe(0);
  for (const tries of [1, 2]) {
    const failure = await store.getMany(["a"]).catch((error) => error);
    expect(failure).toMatchObject({ code: "E_UNAVAILABLE" });
    expect(failure.message).toContain("127.0.0.1");
    expect(JSON.stringify([failure.message, `${failure.cause}`])).not.toContain("s3cret");
    expect(server.connections()).toBe(tries);
  }
});

test("calls at the same time share one attempt to connect", async () => {
  await using server = await fakeServer((socket) => socket.destroy());
  await using store = await openRedis({ url: server.url });
  const calls = await Promise.allSettled([
    store.getMany(["a"]),
    store.delete(["a"]),
    store.increment("n"),
  ]);
  expect(calls.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(server.connections()).toBe(1);
});

test("many calls that wait for a connection leave one listener on it, not one each", async () => {
  await using server = await fakeServer((socket) => socket.destroy());
  await using store = await openRedis({ url: server.url });
  const warn = vi.spyOn(process, "emitWarning");
  onTestFinished(() => warn.mockRestore());
  await Promise.allSettled(Array.from({ length: 30 }, () => store.getMany(["a"])));
  expect(warn.mock.calls).toEqual([]);
});

test("a server that does not answer is given up after the timeout", async () => {
  await using server = await fakeServer(() => {});
  await using store = await openRedis({ url: server.url, timeout: 50 });
  await expect(store.getMany(["a"])).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
});

test("refused credentials are the configuration's fault, and no cause repeats them", async () => {
  await using server = await fakeServer((socket) =>
    socket.on("data", () =>
      socket.write("-WRONGPASS invalid username-password pair\r\n".repeat(4)),
    ),
  );
  await using store = await openRedis({ url: server.url, timeout: 30_000 });
  const failure = await store.getMany(["a"]).catch((error) => error);
  expect(failure).toMatchObject({ code: "E_CONFIG" });
  expect(failure.cause).not.toHaveProperty("command");
});

test("malformed input is refused without a connection", async () => {
  await using server = await fakeServer((socket) => socket.destroy());
  await using store = await openRedis({ url: server.url });
  await expect(store.getMany([""])).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  await expect(store.channels.publish("", Uint8Array.of(1))).rejects.toMatchObject({
    code: "E_INVALID_INPUT",
  });
  const signal = AbortSignal.abort();
  await expect(store.getMany(["a"], { signal })).rejects.toMatchObject({ code: "E_ABORTED" });
  expect(server.connections()).toBe(0);
});

test("after close everything refuses, and closing again is fine", async () => {
  const store = await openRedis({ url: "redis://127.0.0.1:1" });
  await store.close();
  await store.close();
  await expect(store.increment("n")).rejects.toMatchObject({ code: "E_CLOSED" });
  const subscribing = store.channels.subscribe("news", () => {});
  await expect(subscribing).rejects.toMatchObject({ code: "E_CLOSED" });
});
