import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type EmbeddingServer, reply, startEmbeddingServer } from "./fixtures/embedding-server.ts";
import { HashEmbedder } from "./hash/index.ts";
import { ollamaEmbedder, type OllamaOptions } from "./ollama.ts";

const asDocument = { kind: "document" } as const;

let server: EmbeddingServer;

beforeEach(async () => {
  server = await startEmbeddingServer();
});

afterEach(() => server[Symbol.asyncDispose]());

function open(options: Partial<OllamaOptions> = {}) {
  return ollamaEmbedder({ baseURL: `${server.origin}/api`, model: "nomic-test", ...options });
}

describe("ollamaEmbedder", () => {
  it("probes and embeds as the API is published", async () => {
    const embedder = await open({ batchSize: 2, keepAlive: "5m", truncate: false });
    expect(embedder.dimension).toBe(32);
    expect(embedder.modelId).toBe("ollama:nomic-test,d=32");
    expect(embedder.settings).toEqual({
      driver: "ollama",
      baseURL: `${server.origin}/api`,
      model: "nomic-test",
      dimension: 32,
    });
    const texts = ["one", "two", "", "three"];
    const expected = await new HashEmbedder({ dimension: 32 }).embed(texts, asDocument);
    expect(await embedder.embed(texts, asDocument)).toEqual(expected);
    expect(server.requests.map(({ path }) => path)).toEqual([
      "/api/embed",
      "/api/embed",
      "/api/embed",
    ]);
    expect(server.requests.map(({ body }) => body)).toEqual(
      [["palimpsest"], ["one", "two"], ["three"]].map((input) =>
        Object.assign({ model: "nomic-test", truncate: false, keep_alive: "5m" }, { input }),
      ),
    );
  });

  it("tells how to get a model that is not pulled", async () => {
    await expect(open({ model: "absent" })).rejects.toMatchObject({
      code: "E_EMBEDDING_FAILED",
      message: expect.stringMatching(
        /answered 404 for model absent: model "absent" not found, try pulling it first; run `ollama pull absent`/,
      ),
      cause: { statusCode: 404 },
    });
  });

  it("asks for shorter vectors only when told to", async () => {
    const embedder = await open({ dimension: 8, requestDimension: true });
    expect(embedder.dimension).toBe(8);
    await expect(open({ dimension: 8 })).rejects.toMatchObject({ code: "E_DIMENSION_MISMATCH" });
    expect(server.requests.map(({ body }) => body["dimensions"])).toEqual([8, undefined]);
  });

  it("tells how to start a server that is not there", async () => {
    const { origin } = server;
    await server[Symbol.asyncDispose]();
    await expect(open({ baseURL: `${origin}/api/` })).rejects.toMatchObject({
      code: "E_UNAVAILABLE",
      message: `cannot reach the ollama server at ${origin}/api (ECONNREFUSED); start it with \`ollama serve\` or correct baseURL`,
    });
    server = await startEmbeddingServer();
  });

  it("asks the local server when no URL is given", async () => {
    const urls: string[] = [];
    const elsewhere: typeof globalThis.fetch = (url, init) => {
      urls.push(String(url));
      return fetch(`${server.origin}/api/embed`, init);
    };
    await ollamaEmbedder({ model: "nomic-test", fetch: elsewhere });
    expect(urls).toEqual(["http://127.0.0.1:11434/api/embed"]);
  });

  it("refuses an answer with another count, and stops when aborted", async () => {
    const embedder = await open();
    server.interfere = (_request, response) =>
      reply(response, 200, {
        model: "nomic-test",
        embeddings: [],
        total_duration: 1,
        load_duration: 1,
        prompt_eval_count: 1,
      });
    await expect(embedder.embed(["a"], asDocument)).rejects.toMatchObject({
      code: "E_EMBEDDING_FAILED",
      message: expect.stringMatching(/0 vectors for 1 texts/),
    });
    const caller = new AbortController();
    server.interfere = () => {
      caller.abort();
      return "done";
    };
    await expect(
      embedder.embed(["a"], { ...asDocument, signal: caller.signal }),
    ).rejects.toMatchObject({ code: "E_ABORTED" });
  });

  it("talks to its server only, and prints nothing", async () => {
    const spies = (["log", "info", "warn", "error", "debug"] as const).map((level) =>
      vi.spyOn(console, level),
    );
    const warned = vi.spyOn(process, "emitWarning");
    const fetched = vi.spyOn(globalThis, "fetch");
    await (await open()).embed(["a"], asDocument);
    const urls = new Set(fetched.mock.calls.map(([url]) => String(url)));
    expect([...urls]).toEqual([`${server.origin}/api/embed`]);
    for (const spy of [...spies, warned]) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
