import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { withDeadline } from "./deadline.ts";
import { gate } from "./fixtures/gate.ts";

const child = join(import.meta.dirname, "fixtures", "hanging-write.ts");
let server: Server | undefined;
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** Accepts and never answers. */
async function deafServer(): Promise<string> {
  server = createServer((socket) => void sockets.push(socket.on("error", () => undefined)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return String(address.port);
}

async function run(...args: string[]): Promise<string> {
  const flags = ["--conditions=@palimpsest/source", child, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { timeout: 50_000 });
  return stdout;
}

test("a write that waits on a connection holds its process until the deadline fails it", async () => {
  expect(await run("200", await deafServer())).toBe("hangs\nE_INDEX_FAILED\n");
  await expect.poll(() => sockets.length, { timeout: 30_000 }).toBe(1);
});

test("the deadline itself holds no process", async () => {
  expect(await run("3600000")).toBe("hangs\n");
});

test("a call that fails after its deadline is looked at again, too", async () => {
  const { opened, open } = gate();
  const call = (): Promise<never> => opened.then(() => Promise.reject(new Error("reset")));
  const late = vi.fn(async () => undefined);
  await expect(withDeadline("index", 1, call, late)).rejects.toMatchObject({
    code: "E_UNAVAILABLE",
    message: "index did not answer within 1 ms",
  });
  expect(late).not.toHaveBeenCalled();
  open();
  await expect.poll(() => late.mock.calls.length, { timeout: 30_000 }).toBe(1);
});
