import { execFile } from "node:child_process";
import { connect, createServer, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { temporaryRedis, testUrl } from "./fixtures/test-server.ts";
import { openRedis } from "./open-redis.ts";

/** For loaded machines; nothing here asserts a time. */
const patient = { timeout: 30_000 };

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Passes bytes on to the server, and can be taken away and put back on the same port. */
class Proxy {
  readonly #target: URL = new URL(testUrl ?? "redis://127.0.0.1");
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port: number = 0;

  get url(): string {
    return Object.assign(new URL(this.#target), { port: `${this.port}` }).href;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => {
      const onward = connect(Number(this.#target.port), this.#target.hostname);
      for (const each of [socket, onward]) this.#sockets.add(each.on("error", () => {}));
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as { port: number }).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

describe.skipIf(testUrl === undefined)("Redis", () => {
  test("values, leases and channels of two prefixes do not meet", async () => {
    const [one, two] = [await temporaryRedis(), await temporaryRedis()];
    onTestFinished(one.dispose);
    onTestFinished(two.dispose);
    await one.store.set("a", bytes("1"));
    await one.store.lease("a", 10_000);
    expect(await two.store.getMany(["a"])).toEqual([undefined]);
    expect(await two.store.lease("a", 10_000)).toBeDefined();
    const client = new Redis(testUrl ?? "");
    expect((await client.keys(`${one.prefix}*`)).toSorted()).toEqual([
      `${one.prefix}l:a`,
      `${one.prefix}v:a`,
    ]);
    client.disconnect();
  });

  test("a server that went away fails at once and is found again, by values and by listeners", async () => {
    const proxy = new Proxy();
    await proxy.start();
    const onWarning = vi.fn();
    const store = await openRedis({
      url: proxy.url,
      prefix: `palimpsest_test_${Math.random()}:`,
      onWarning,
    });
    const heard: number[] = [];
    await store.channels.subscribe("news", ([first = 0]) => heard.push(first));
    await store.channels.publish("news", Uint8Array.of(1));
    await vi.waitFor(() => expect(heard).toEqual([1]), patient);
    await proxy.stop();
    await expect(store.set("a", bytes("1"))).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
    await expect(store.set("a", bytes("1"))).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
    await proxy.start();
    expect(await store.set("a", bytes("2"), { ttl: 1_000 })).toBe(true);
    await vi.waitFor(
      async () => {
        await store.channels.publish("news", Uint8Array.of(2));
        expect(heard).toContain(2);
      },
      { ...patient, interval: 100 },
    );
    expect(onWarning).toHaveBeenCalledWith(expect.stringContaining("channels"));
    await store.close();
    await proxy.stop();
  });

  test("a process that never closes its store ends by itself", async () => {
    const file = fileURLToPath(new URL("./fixtures/forgetful.ts", import.meta.url));
    const { prefix, dispose } = await temporaryRedis();
    onTestFinished(dispose);
    const args = ["--conditions=@palimpsest/source", file, testUrl ?? "", prefix];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
    expect(stdout).toBe("1");
  });

  test("a wrong password and a foreign value are named for what they are", async () => {
    const url = Object.assign(new URL(testUrl ?? ""), { password: "wr0ng" }).href;
    const stranger = await openRedis({ url });
    const failure = await stranger.getMany(["a"]).catch((error) => error);
    expect(failure).toMatchObject({ code: "E_CONFIG" });
    expect(`${failure.message} ${failure.cause}`).not.toContain("wr0ng");
    await stranger.close();
    const { store, prefix, dispose } = await temporaryRedis();
    onTestFinished(dispose);
    const client = new Redis(testUrl ?? "");
    await client.hset(`${prefix}v:hash`, "field", "1");
    client.disconnect();
    await expect(store.increment("hash")).rejects.toMatchObject({ code: "E_CORRUPT" });
  });

  test("a client that was handed in stays open", async () => {
    const client = new Redis(testUrl ?? "");
    const store = await openRedis({ client, prefix: `palimpsest_test_${Math.random()}:` });
    const heard = vi.fn();
    const listening = await store.channels.subscribe("news", heard);
    await store.channels.publish("news", Uint8Array.of(7));
    const once = (): void => expect(heard).toHaveBeenCalledExactlyOnceWith(Uint8Array.of(7));
    await vi.waitFor(once, patient);
    await listening[Symbol.asyncDispose]();
    await store.close();
    expect(await client.ping()).toBe("PONG");
    client.disconnect();
  });
});
