import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ChromaClient } from "chromadb";
import { expect, test } from "vitest";
import type { ChromaClientLike } from "./chroma-client.ts";
import { openChroma } from "./open-chroma.ts";

test.each([
  [{ url: "chroma" }, "url"],
  [{ url: "ftp://host" }, "url"],
  [{ url: "http://host:8000/api" }, "path"],
  [{ url: "http://host", name: "ab" }, "name"],
  [{ url: "http://host", name: "a/../b" }, "name"],
  [{ url: "http://host", timeout: 0 }, "timeout"],
  [{ url: "http://host", efSearch: 1.5 }, "efSearch"],
])("%j is refused", async (options, named) => {
  const message = expect.stringContaining(named) as string;
  await expect(openChroma(options)).rejects.toMatchObject({ code: "E_CONFIG", message });
});

test("the official client fits what the driver asks of one", () => {
  const client: ChromaClientLike = new ChromaClient();
  expect(client).toBeInstanceOf(ChromaClient);
});

test("an unreachable server is named without the password, and asked again by the next call", async () => {
  const engine = await openChroma({ url: "http://ada:s3cret@127.0.0.1:1" });
  for (const _ of [1, 2]) {
    const failure = await engine
      .openVectors({ dimension: 2, modelId: "m" })
      .catch((error) => error);
    expect(failure).toMatchObject({ code: "E_UNAVAILABLE" });
    expect(failure.message).toContain("http://127.0.0.1:1 ");
    expect(JSON.stringify([failure.message, `${failure.cause}`])).not.toContain("s3cret");
  }
});

test("user and password of the address are sent as basic authentication", async () => {
  const heard: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization);
    response.writeHead(401).end();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const engine = await openChroma({ url: `http://ada:s%2Fcret@127.0.0.1:${port}` });
  const opening = engine.openVectors({ dimension: 2, modelId: "m" });
  await expect(opening).rejects.toMatchObject({ code: "E_CONFIG" });
  expect(heard[0]).toBe(`Basic ${Buffer.from("ada:s/cret").toString("base64")}`);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
