import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  apiKey,
  type EmbeddingServer,
  reply,
  serverDimension,
  startEmbeddingServer,
} from "./fixtures/embedding-server.ts";
import { HashEmbedder } from "./hash/index.ts";
import { type OpenaiCompatibleOptions, openaiCompatibleEmbedder } from "./openai-compatible.ts";

const asDocument = { kind: "document" } as const;

let server: EmbeddingServer;

beforeEach(async () => {
  server = await startEmbeddingServer();
});

afterEach(() => server[Symbol.asyncDispose]());

function open(options: Partial<OpenaiCompatibleOptions> = {}) {
  return openaiCompatibleEmbedder({
    baseURL: `${server.origin}/v1`,
    model: "text-embedding-test",
    apiKey,
    ...options,
  });
}

async function failure(running: Promise<unknown>): Promise<Error & { cause?: unknown }> {
  return running.then(
    () => expect.fail("nothing was thrown"),
    (error: unknown) => error as Error,
  );
}

describe("openaiCompatibleEmbedder", () => {
  it("learns the dimension from one probe and asks as the API is published", async () => {
    const embedder = await open({ headers: { "x-team": "memory" }, queryParams: { version: "1" } });
    expect(embedder.dimension).toBe(serverDimension);
    expect(embedder.modelId).toBe("openai-compatible:text-embedding-test,d=32");
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      path: "/v1/embeddings?version=1",
      headers: {
        authorization: `Bearer ${apiKey}`,
        "x-team": "memory",
        "content-type": "application/json",
      },
    });
    expect(server.requests[0]?.body).toEqual({
      model: "text-embedding-test",
      input: ["palimpsest"],
      encoding_format: "float",
    });
  });

  it("keeps the order of texts over parallel batches and sends no blank text", async () => {
    const embedder = await open({ batchSize: 3, parallel: 4 });
    const texts = Array.from({ length: 20 }, (_, i) => (i % 7 === 3 ? " \n" : `text number ${i}`));
    const expected = await new HashEmbedder({ dimension: 32 }).embed(texts, asDocument);
    expect(await embedder.embed(texts, asDocument)).toEqual(expected);
    const sent = server.requests
      .slice(1)
      .map(({ body }) => body.input.length)
      .toSorted();
    expect(sent).toEqual([2, 3, 3, 3, 3, 3]);
    expect(await embedder.embed([], asDocument)).toEqual([]);
    expect(server.requests).toHaveLength(7);
  });

  it("follows the answer's indexes when a server answers in another order", async () => {
    const embedder = await open();
    server.interfere = ({ body }, response) => {
      const data = body.input.map((text, index) => ({
        index,
        embedding: Array.from({ length: 32 }, () => text.length),
      }));
      return reply(response, 200, { data: data.toReversed() });
    };
    const vectors = await embedder.embed(["a", "bb", "ccc"], asDocument);
    expect(vectors.map((vector) => vector[0])).toEqual([1, 2, 3]);
  });

  it("asks for shorter vectors only when told to", async () => {
    const embedder = await open({ dimension: 8, requestDimension: true });
    expect(embedder.dimension).toBe(8);
    expect(server.requests[0]?.body).toMatchObject({ dimensions: 8 });
    expect(embedder.settings).toMatchObject({ dimension: 8, requestDimension: true });
  });

  it("refuses another dimension at open, and later in an answer", async () => {
    await expect(open({ dimension: 48 })).rejects.toMatchObject({
      code: "E_DIMENSION_MISMATCH",
      message: expect.stringMatching(/32 dimensions instead of 48/),
    });
    const unprobed = await open({ dimension: 48, probe: false });
    expect(server.requests).toHaveLength(1);
    await expect(unprobed.embed(["a"], asDocument)).rejects.toMatchObject({
      code: "E_DIMENSION_MISMATCH",
    });
  });

  it("records what reopens it, and neither key nor headers", async () => {
    const embedder = await open({
      headers: { "x-secret": "hush-hush" },
      queryParams: { k: "psst" },
    });
    expect(embedder.settings).toEqual({
      driver: "openai-compatible",
      baseURL: `${server.origin}/v1`,
      model: "text-embedding-test",
      dimension: 32,
    });
    expect(`${inspect(embedder)}${embedder.modelId}`).not.toMatch(/sk-test|hush|psst/);
  });

  it("shows no key and no text in an error, its cause included", async () => {
    const wrong = "sk-wrong-key-98765";
    const refused = await failure(open({ apiKey: wrong }));
    expect(refused).toMatchObject({
      code: "E_EMBEDDING_FAILED",
      message: expect.stringMatching(
        /answered 401 .*Incorrect API key provided: \*\*\*.*check the API key/,
      ),
      cause: { statusCode: 401 },
    });
    expect(inspect(refused, { depth: 9 })).not.toContain(wrong);

    const embedder = await open({ headers: { "x-secret": "hush-hush" } });
    server.interfere = ({ body }, response) =>
      reply(response, 400, { error: { message: `hush-hush: cannot embed ${body.input[0]}` } });
    const failed = await failure(embedder.embed(["my private diary"], asDocument));
    expect(failed.message).toMatch(/answered 400 .*\*\*\*: cannot embed \*\*\*/);
    expect(inspect(failed, { depth: 9 })).not.toMatch(/private|hush|sk-test/);
  });

  it.each([
    [404, "E_EMBEDDING_FAILED", /answered 404 .*check the model's name/],
    [429, "E_EMBEDDING_FAILED", /answered 429 .*retry later by a policy/],
    [500, "E_EMBEDDING_FAILED", /answered 500/],
    [503, "E_UNAVAILABLE", /answered 503 .*retry later/],
  ])("explains a %i and does not retry", async (status, code, message) => {
    server.interfere = (_request, response) => {
      response.setHeader("retry-after", "7");
      return reply(response, status, { error: { message: "said so" } });
    };
    const failed = await failure(open());
    expect(failed).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(failed.cause).toMatchObject({ statusCode: status, retryAfter: "7", message: "said so" });
    expect(server.requests).toHaveLength(1);
  });

  it("names an unknown model", async () => {
    await expect(open({ model: "nobody" })).rejects.toThrow(/The model `nobody` does not exist/);
  });

  const vector = Array.from({ length: 32 }, () => 1);
  it.each([
    ["too few vectors", { data: [] }, /0 vectors for 1 texts/],
    [
      "too many vectors",
      { data: [{ embedding: vector }, { embedding: vector }] },
      /2 vectors for 1/,
    ],
    ["an empty vector", { data: [{ embedding: [] }] }, /an empty vector/],
    ["a wrong index", { data: [{ index: 5, embedding: vector }] }, /indexes are not 0, 1, 2/],
    [
      "null for a number",
      { data: [{ embedding: [null] }] },
      /is baseURL that of an embeddings API/,
    ],
    [
      "a number too large for a float",
      { data: [{ embedding: [...vector.slice(1), 1e39] }] },
      /NaN or/,
    ],
    ["1e999", `{"data":[{"embedding":[1e999]}]}`, /is baseURL that of an embeddings API/],
    ["base64 that was not asked for", { data: [{ embedding: "AAAA" }] }, /is baseURL that of an/],
    ["a web page", "<html>welcome</html>", /is baseURL that of an embeddings API/],
  ])("refuses an answer with %s", async (_name, body, message) => {
    const embedder = await open();
    server.interfere = (_request, response) => reply(response, 200, body);
    const failed = await failure(embedder.embed(["a"], asDocument));
    expect(failed).toMatchObject({
      code: "E_EMBEDDING_FAILED",
      message: expect.stringMatching(message),
    });
  });

  it("says which server cannot be reached, and what to do", async () => {
    const { origin } = server;
    await server[Symbol.asyncDispose]();
    const failed = await failure(open({ baseURL: `${origin}/v1` }));
    expect(failed).toMatchObject({
      code: "E_UNAVAILABLE",
      message: `cannot reach the openai-compatible server at ${origin}/v1 (ECONNREFUSED); start it or correct baseURL`,
      cause: { code: "ECONNREFUSED" },
    });
    server = await startEmbeddingServer();
  });

  it("calls a connection that breaks off unavailable", async () => {
    const embedder = await open();
    server.interfere = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "999" });
      response.write(`{"data":`, () => response.destroy());
      return "done";
    };
    await expect(embedder.embed(["a"], asDocument)).rejects.toMatchObject({
      code: "E_UNAVAILABLE",
    });
  });

  it("stops its requests when aborted, at open as well", async () => {
    const embedder = await open({ batchSize: 1, parallel: 2 });
    let asked = 0;
    const caller = new AbortController();
    server.interfere = () => {
      asked += 1;
      if (asked === 2) caller.abort(new Error("enough"));
      return "done";
    };
    const running = embedder.embed(["a", "b", "c", "d"], { ...asDocument, signal: caller.signal });
    await expect(running).rejects.toMatchObject({
      code: "E_ABORTED",
      cause: { message: "enough" },
    });
    expect(asked).toBe(2);
    await expect(open({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "E_ABORTED",
    });
  });

  it("ends the other requests when one fails, and reports that failure", async () => {
    const embedder = await open({ batchSize: 1, parallel: 2 });
    const seen: string[] = [];
    server.interfere = ({ body }, response) => {
      seen.push(body.input[0] ?? "");
      return body.input[0] === "bad" ? reply(response, 400, { error: { message: "no" } }) : "done";
    };
    const running = embedder.embed(["hangs", "bad", "never", "sent"], asDocument);
    await expect(running).rejects.toMatchObject({ code: "E_EMBEDDING_FAILED" });
    expect(seen.toSorted()).toEqual(["bad", "hangs"]);
  });

  it("goes through a given fetch", async () => {
    const through = vi.fn<typeof globalThis.fetch>((...args) => fetch(...args));
    await open({ fetch: through });
    expect(through).toHaveBeenCalledOnce();
  });

  it.each([
    [{ baseURL: "nonsense" }, /baseURL nonsense is not a URL/],
    [{ baseURL: "ftp://127.0.0.1/v1" }, /not an http: or https: URL/],
    [{ baseURL: "http://me:hunter2@127.0.0.1/v1" }, /holds a user or password/],
    [{ baseURL: "http://127.0.0.1/v1?api_key=hunter2" }, /holds a query/],
    [{ model: " " }, /model is empty/],
    [{ dimension: 0 }, /dimension is 0; pass a whole number from 1 to 65536/],
    [{ batchSize: 1.5 }, /batchSize is 1.5/],
    [{ batchSize: 4096 }, /batchSize is 4096; pass a whole number from 1 to 2048/],
    [{ parallel: 0 }, /parallel is 0/],
    [{ probe: false }, /probe: false needs a dimension/],
    [{ requestDimension: true }, /requestDimension: true needs a dimension/],
  ])("refuses %j without a request", async (options, message) => {
    const failed = await failure(open(options));
    expect(failed).toMatchObject({
      code: "E_INVALID_INPUT",
      message: expect.stringMatching(message),
    });
    expect(failed.message).not.toContain("hunter2");
    expect(server.requests).toEqual([]);
  });

  it("refuses what is not a string without a request", async () => {
    const embedder = await open();
    const texts = ["fine", null as never];
    await expect(embedder.embed(texts, asDocument)).rejects.toMatchObject({
      code: "E_INVALID_INPUT",
      message: "texts[1] is null; pass a string",
    });
    expect(server.requests).toHaveLength(1);
  });

  it("talks to its server only, and prints nothing", async () => {
    const spies = (["log", "info", "warn", "error", "debug"] as const).map((level) =>
      vi.spyOn(console, level),
    );
    const warned = vi.spyOn(process, "emitWarning");
    const fetched = vi.spyOn(globalThis, "fetch");
    const embedder = await open();
    await embedder.embed(["a"], asDocument);
    const urls = fetched.mock.calls.map(([url]) => String(url));
    expect(urls).toEqual([`${server.origin}/v1/embeddings`, `${server.origin}/v1/embeddings`]);
    for (const spy of [...spies, warned]) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
