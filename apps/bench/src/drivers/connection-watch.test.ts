import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConnectionWatch } from "./connection-watch.ts";

const servers: Server[] = [];

async function listen(): Promise<string> {
  const server = createServer((_, response) => void response.end("ok"));
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let engine: string;
let elsewhere: string;

beforeAll(async () => {
  [engine, elsewhere] = [await listen(), await listen()];
});
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
});

test("counts what connects to anything but the engines, until it is stopped", async () => {
  const watch = new ConnectionWatch([engine]);
  await fetch(engine);
  await fetch(elsewhere);
  expect(watch.stop()).toBe(1);
  await fetch(await listen());
  expect(watch.stop()).toBe(1);
});
