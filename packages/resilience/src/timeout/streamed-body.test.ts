import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { timeout as cockatielTimeout, TimeoutStrategy } from "cockatiel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { guardStream } from "./guard-stream.ts";
import { timeout } from "./timeout-policy.ts";

const chunks = Array.from({ length: 8 }, (_, index) => `data: token ${index}\n\n`);
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(async (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of chunks) {
      response.write(chunk);
      await sleep(2);
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const whole = chunks.join("");
const bodies = 100;

/** How many of the bodies arrived whole, 10 at a time. */
async function intact(read: () => Promise<string>): Promise<number> {
  let count = 0;
  for (let batch = 0; batch < bodies / 10; batch++) {
    const texts = await Promise.allSettled(Array.from({ length: 10 }, read));
    count += texts.filter((text) => text.status === "fulfilled" && text.value === whole).length;
  }
  return count;
}

test("100 of 100 streamed bodies arrive whole after the call has returned; cockatiel's default timeout kills them", async () => {
  const policy = timeout({ total: 60_000, firstToken: 60_000, betweenTokens: 60_000 });
  const ours = await intact(async () => {
    const response = await policy.execute(({ signal }) => fetch(url, { signal }));
    return response.text();
  });
  expect(ours).toBe(bodies);

  const peer = cockatielTimeout(60_000, TimeoutStrategy.Aggressive);
  const theirs = await intact(async () => {
    const response = await peer.execute(({ signal }) => fetch(url, { signal }));
    return response.text();
  });
  expect(theirs).toBe(0);
});

test("100 of 100 bodies under guardStream arrive whole", async () => {
  const policy = timeout({ total: 60_000, firstToken: 60_000, betweenTokens: 60_000 });
  const ours = await intact(async () => {
    const response = await policy.execute(async (call) => {
      const { body, status } = await fetch(url, { signal: call.signal });
      if (!body) throw new Error(`no body with status ${status}`);
      return guardStream<Uint8Array<ArrayBuffer>>(body, call);
    });
    return new Response(response as ConstructorParameters<typeof Response>[0]).text();
  });
  expect(ours).toBe(bodies);
});

test("a caller who leaves while the body streams stops it, also without a guard", async () => {
  const caller = new AbortController();
  const policy = timeout({ total: 60_000 });
  const response = await policy.execute(({ signal }) => fetch(url, { signal }), caller.signal);
  caller.abort(new Error("left"));
  await expect(response.text()).rejects.toThrow("left");
});
