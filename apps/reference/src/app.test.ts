import "reflect-metadata";
import { Writable } from "node:stream";
import { createContainer, type Palimpsest } from "@palimpsest/container";
import { PalimpsestError, tokens } from "@palimpsest/core";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApp } from "./app.ts";

let stack: Palimpsest;
let logged: string;

beforeEach(async () => {
  logged = "";
  stack = await createContainer({ store: "memory:" }, { onWarning: () => undefined });
});
afterEach(() => stack[Symbol.asyncDispose]());

function app() {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  const counter = { family: "words", count: (text: string) => text.split(/\s+/).length };
  return createApp({ store: stack.store, counter, logger: pino(sink), loopbackOnly: true });
}

function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const json =
    body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  return app().request(`http://127.0.0.1:4710${path}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...json,
  });
}

async function failure(response: Response): Promise<{ code: string; message: string }> {
  return ((await response.json()) as { error: { code: string; message: string } }).error;
}

describe("documents", () => {
  it("keeps keys with escapes, whatever was sent before", async () => {
    for (const name of ["of key\\", "of key\n"]) {
      const metadata = { "a body": 0, [name]: 0 };
      const stored = await send("PUT", "/documents/keys", { text: "x", metadata });
      expect(await stored.text()).toContain(JSON.stringify(metadata));
    }
  });

  it("inserts, reads, changes and deletes one", async () => {
    const created = await send("POST", "/documents", {
      id: "a/b",
      text: "Carlos plays basketball",
    });
    expect(created.status).toBe(201);
    const stored = await created.json();
    expect(stored).toMatchObject({ id: "a/b", scope: "", revision: { counter: 1 } });
    expect(await (await send("GET", "/documents/a%2Fb")).json()).toEqual(stored);
    const patched = await send("PATCH", "/documents/a%2Fb", { metadata: { seen: true } });
    expect(await patched.json()).toMatchObject({
      text: "Carlos plays basketball",
      metadata: { seen: true },
    });
    expect((await send("DELETE", "/documents/a%2Fb")).status).toBe(204);
    expect((await send("GET", "/documents/a%2Fb")).status).toBe(404);
  });

  it("answers 409 to a second insert of an id and keeps the first", async () => {
    await send("POST", "/documents", { id: "x", text: "first" });
    const again = await send("POST", "/documents", { id: "x", text: "second" });
    expect([again.status, (await failure(again)).code]).toEqual([409, "E_CONFLICT"]);
    expect(await (await send("GET", "/documents/x")).json()).toMatchObject({ text: "first" });
  });

  it("keeps metadata with names that objects inherit", async () => {
    const metadata = '{"__proto__":{"x":1},"constructor":"c"}';
    await send("PUT", "/documents/x", `{"text":"t","metadata":${metadata}}`);
    expect(await (await send("GET", "/documents/x")).text()).toContain(`"metadata":${metadata}`);
  });

  it("keeps tenants apart", async () => {
    await send("PUT", "/documents/x?scope=one", { text: "of one" });
    expect((await send("GET", "/documents/x?scope=two")).status).toBe(404);
    expect(await (await send("GET", "/documents?scope=one")).json()).toMatchObject({
      documents: [{ id: "x", scope: "one" }],
    });
  });

  it("filters the most recent ones", async () => {
    await send("PUT", "/documents/f", { text: "fact", metadata: { kind: "fact" } });
    await send("PUT", "/documents/t", { text: "turn", metadata: { kind: "turn" } });
    const filter = encodeURIComponent(JSON.stringify({ op: "eq", path: ["kind"], value: "fact" }));
    const answer: unknown = await (await send("GET", `/documents?filter=${filter}`)).json();
    expect(answer).toEqual({ documents: [expect.objectContaining({ id: "f" })] });
  });
});

describe("search and context", () => {
  beforeEach(async () => {
    await send("PUT", "/documents/sport", {
      text: "carlos preferences favorite sport: basketball",
    });
    await send("PUT", "/documents/food", { text: "maria preferences favorite food: paella" });
  });

  it("finds by spelling that no document uses", async () => {
    const found = await send("POST", "/search", { query: "favourite sport", k: 1 });
    expect(await found.json()).toMatchObject({
      hits: [{ id: "sport", score: expect.any(Number) }],
    });
  });

  it("gives a context within its budget", async () => {
    const answer = await (await send("POST", "/context", { query: "favorite", budget: 6 })).json();
    expect(answer).toMatchObject({ tokens: 6, omitted: 1, hits: [expect.anything()] });
  });
});

function nested(key: string): string {
  return `{"op":"not","${key}":`.repeat(20_000) + "1" + "}".repeat(20_000);
}

describe("what it refuses", () => {
  it.each([
    ["an unknown field", "/documents", { text: "x", txt: "y" }, 400],
    ["no text", "/documents", {}, 400],
    ["a lone surrogate", "/documents", '{"text":"\\ud83d"}', 400],
    ["broken JSON", "/documents", '{"text":', 400],
    [
      "an unknown operator",
      "/search",
      { query: "x", filter: { op: "like", path: ["a"], value: 1 } },
      400,
    ],
    ["a negative k", "/search", { query: "x", k: -1 }, 400],
    ["a scope beside allScopes", "/search", { query: "x", scope: "a", allScopes: true }, 400],
    ["metadata that is no object", "/documents", { text: "x", metadata: [] }, 400],
    ["metadata nested too deep", "/documents", `{"text":"x","metadata":${nested("a")}}`, 400],
    ["a filter nested too deep", "/search", `{"query":"x","filter":${nested("filter")}}`, 400],
    ["a body over 1 MB", "/documents", { text: "x".repeat(1024 * 1024) }, 413],
  ])("%s", async (_, path, body, status) => {
    const response = await send("POST", path, body);
    expect(response.status).toBe(status);
    expect((await failure(response)).message).not.toBe("");
    expect(await stack.store.count({ allScopes: true })).toBe(0);
  });

  it("an unknown parameter, said of the query", async () => {
    const response = await send("GET", "/documents?limt=2");
    expect((await failure(response)).message).toMatch(/^query: .*limt/);
  });

  it("a body that does not say it is JSON, so that no web page's form can write", async () => {
    const response = await send(
      "POST",
      "/documents",
      { text: "x" },
      { "content-type": "text/plain" },
    );
    expect(response.status).toBe(415);
    expect(await stack.store.count({ allScopes: true })).toBe(0);
  });

  it("a host name that is not loopback", async () => {
    const response = await app().request("http://evil.example/stats");
    expect([response.status, (await failure(response)).code]).toEqual([403, "E_HOST"]);
  });
});

describe("operations", () => {
  it("describes every route in /openapi.json", async () => {
    const answer = await (await send("GET", "/openapi.json")).json();
    const { paths, openapi } = answer as { paths: object; openapi: string };
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths).toSorted()).toEqual([
      "/context",
      "/documents",
      "/documents/{id}",
      "/health",
      "/pack",
      "/search",
      "/stats",
      "/tokens",
      "/unpack",
    ]);
  });

  it("reports health and counts", async () => {
    await send("PUT", "/documents/x", { text: "something" });
    expect(await (await send("GET", "/health")).json()).toMatchObject({ healthy: true });
    const stats = await (await send("GET", "/stats")).json();
    expect(stats).toMatchObject({ documents: 1, vectors: 1, problems: [] });
  });

  it("counts what it can while the vector index is down", async () => {
    await send("PUT", "/documents/x", { text: "something" });
    stack.resolve(tokens.vectorIndex).describe = async () => {
      throw new PalimpsestError("E_UNAVAILABLE", "connection refused");
    };
    const response = await send("GET", "/stats");
    expect(response.status).toBe(200);
    const stats = (await response.json()) as object;
    expect(stats).toMatchObject({ documents: 1, outbox: { pending: 0 } });
    expect(stats).toMatchObject({
      problems: [{ role: "vectors", reachable: false, problem: { code: "E_UNAVAILABLE" } }],
    });
    expect(stats).not.toHaveProperty("vectors");
  });

  it("answers 503 when the store is closed", async () => {
    await stack.store.close();
    expect((await send("GET", "/documents/x")).status).toBe(503);
  });

  it("logs the route, never an id, a query or a text", async () => {
    await send("PUT", "/documents/secretid?scope=secretscope", { text: "secrettext" });
    await send("POST", "/search", { query: "secretquery" });
    expect(logged).toContain('"route":"/documents/:id"');
    expect(logged).not.toMatch(/secret/);
  });

  it("logs where a request failed, without the message that names an id", async () => {
    const damaged = new PalimpsestError("E_CORRUPT", 'document "secretid" is damaged');
    vi.spyOn(stack.store, "get").mockRejectedValue(damaged);
    expect((await send("GET", "/documents/secretid")).status).toBe(500);
    expect(logged).toMatch(/"code":"E_CORRUPT".*app\.test\.ts/);
    expect(logged).not.toMatch(/secret/);
  });
});
