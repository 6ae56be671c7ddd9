import type { VectorRecord } from "@palimpsest/core";
import { describeVectorIndexContract } from "@palimpsest/core/testing";
import { expect, test, vi } from "vitest";
import { fail, FakeChroma, type Hook } from "./fixtures/fake-chroma.ts";
import { openChroma } from "./open-chroma.ts";

const options = { dimension: 2, modelId: "m" };
const query = { vector: Float32Array.of(1, 0), k: 9 };

async function openIndex(client: FakeChroma, timeout: number = 1_000) {
  const engine = await openChroma({ client, timeout });
  return engine.openVectors(options);
}

function record(counter: number, parts: Partial<VectorRecord> = {}): VectorRecord {
  const vector = Float32Array.of(1, 0);
  return { scope: "", id: "a", revision: { epoch: 0, counter }, vector, metadata: {}, ...parts };
}

/** Runs `step` once, before the request of this name. */
function once(name: string, step: () => Promise<unknown>): Hook {
  let done = false;
  return async (request) => {
    if (request !== name || done) return;
    done = true;
    await step();
  };
}

describeVectorIndexContract("chroma, as a fake answers", {
  create: async (opened) => {
    const client = new FakeChroma();
    const engine = await openChroma({ client });
    return {
      index: await engine.openVectors(opened),
      engine,
      reopen: async (others) => (await openChroma({ client })).openVectors(others),
    };
  },
});

test.each(["delete", "add"])(
  "a writer held up before its %s does not undo a newer one",
  async (request) => {
    const client = new FakeChroma();
    const [slow, quick] = [await openIndex(client), await openIndex(client)];
    await slow.upsert([record(1)]);
    client.before = once(request, () => quick.upsert([record(3)]));
    await slow.upsert([record(2)]);
    expect(await slow.query(query)).toMatchObject([{ revision: { counter: 3 } }]);
  },
);

test("a scope is queried without a condition until another scope's entry is near", async () => {
  const client = new FakeChroma();
  const index = await openIndex(client);
  const [ana, ben] = ["ana", "ben"].map((scope) => [
    record(1, { scope, id: "a" }),
    record(1, { scope, id: "b", vector: Float32Array.of(0, 1) }),
  ]) as [VectorRecord[], VectorRecord[]];
  const scopesOf = async (scope: string) =>
    (await index.query({ ...query, k: 2, scope })).map((hit) => hit.scope);
  await index.upsert(ana);
  expect(await scopesOf("ana")).toEqual(["ana", "ana"]);
  expect(client.conditions.at(-1)).toBeUndefined();
  expect(await scopesOf("ben")).toEqual([]);
  await index.upsert(ben);
  expect(await scopesOf("ana")).toEqual(["ana", "ana"]);
  expect(await scopesOf("ben")).toEqual(["ben", "ben"]);
  expect(client.conditions.at(-1)).toEqual({ scope: { $eq: "ben" } });
});

test("an entry deleted between adding and looking is added again", async () => {
  const client = new FakeChroma();
  const index = await openIndex(client);
  client.before = once("get", () => index.delete([record(1)]));
  await index.upsert([record(1)]);
  expect(await index.query(query)).toHaveLength(1);
});

test("a key deleted in the middle of a query is left out", async () => {
  const client = new FakeChroma();
  const index = await openIndex(client);
  await index.upsert([record(1), record(1, { id: "b" })]);
  client.before = once("query", () => index.delete([record(1)]));
  const keys = [record(1), record(1, { id: "b" })];
  expect(await index.query({ ...query, keys })).toMatchObject([{ id: "b" }]);
});

test("who keeps losing to others says so", async () => {
  const client = new FakeChroma();
  const index = await openIndex(client);
  client.before = async (request) => {
    if (request === "get") await index.delete([record(1)]);
  };
  await expect(index.upsert([record(1)])).rejects.toMatchObject({ code: "E_LOCKED" });
});

test("new entries take two requests, replaced ones four, and batches keep to the server's size", async () => {
  const client = new FakeChroma();
  const index = await openIndex(client);
  const many = Array.from({ length: 150 }, (_, i) => record(1, { id: `${i}` }));
  client.requests.length = 0;
  await index.upsert(many);
  expect(client.requests).toEqual(["add", "get", "add", "get"]);
  client.requests.length = 0;
  await index.upsert([record(2, { id: "7" })]);
  expect(client.requests).toEqual(["get", "delete", "add", "get"]);
});

test.each([
  ["ChromaConnectionError", "E_UNAVAILABLE"],
  ["ChromaServerError", "E_UNAVAILABLE"],
  ["ChromaRateLimitError", "E_UNAVAILABLE"],
  ["ChromaAuthError", "E_CONFIG"],
  ["ChromaForbiddenError", "E_CONFIG"],
  ["ChromaQuotaExceededError", "E_FULL"],
  ["ChromaNotFoundError", "E_NOT_FOUND"],
  ["ChromaClientError", "E_INVALID_INPUT"],
  ["ChromaValueError", "E_INVALID_INPUT"],
])("%s becomes %s, and the next call tries again", async (name, code) => {
  const client = new FakeChroma();
  const index = await openIndex(client);
  client.before = () => fail(name);
  await expect(index.query(query)).rejects.toMatchObject({ code, cause: { name } });
  client.before = () => {};
  expect(await index.query(query)).toEqual([]);
});

test("a first connection that failed is tried again by the next call", async () => {
  const client = new FakeChroma();
  const engine = await openChroma({ client });
  client.before = () => fail("ChromaConnectionError");
  await expect(engine.openVectors(options)).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
  client.before = () => {};
  expect((await (await engine.openVectors(options)).describe()).count).toBe(0);
});

test("a server that does not answer is given up after the timeout, or at the signal", async () => {
  const client = new FakeChroma();
  const index = await openIndex(client, 20);
  const patient = await openIndex(client, 60_000);
  client.before = () => new Promise(() => {});
  await expect(index.query(query)).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
  const stop = new AbortController();
  const answer = patient.query({ ...query, signal: stop.signal });
  stop.abort();
  await expect(answer).rejects.toMatchObject({ code: "E_ABORTED" });
});

test("two that create the same index at once both open it", async () => {
  const client = new FakeChroma();
  const [a, b] = await Promise.all([openIndex(client), openIndex(client)]);
  await a.upsert([record(1)]);
  expect((await b.describe()).count).toBe(1);
});

test("closing the engine closes its indexes, and twice is fine", async () => {
  const engine = await openChroma({ client: new FakeChroma() });
  const index = await engine.openVectors(options);
  await engine.close();
  await engine.close();
  await expect(index.query(query)).rejects.toMatchObject({ code: "E_CLOSED" });
  await expect(engine.openVectors(options)).rejects.toMatchObject({ code: "E_CLOSED" });
});

test("a collection made for fewer candidates is reported", async () => {
  const client = new FakeChroma();
  const onWarning = vi.fn();
  await (await openChroma({ client, efSearch: 10 })).openVectors(options);
  await (await openChroma({ client, onWarning })).openVectors(options);
  expect(onWarning).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("ef_search 10"));
});
