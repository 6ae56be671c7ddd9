import { type Embedder, type EmbedOptions, PalimpsestError } from "@palimpsest/core";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import { describeEmbedderContract } from "@palimpsest/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TrigramEmbedder } from "../fixtures/trigram-embedder.ts";
import { TieredCache } from "../tiered-cache.ts";
import { cachedEmbedder, type CachedEmbedderOptions } from "./cached-embedder.ts";

function setup(more: Partial<CachedEmbedderOptions> = {}) {
  const inner = new TrigramEmbedder();
  const embedder = cachedEmbedder(inner, {
    cache: new TieredCache(),
    scope: "ana",
    ttl: 60_000,
    ...more,
  });
  return { inner, embedder, calls: inner.calls };
}

const asDocument = { kind: "document" } as const;
const vectorsOf = (texts: readonly string[], options: EmbedOptions = asDocument) =>
  new TrigramEmbedder().embed(texts, options);

describeEmbedderContract("cached", { create: async () => ({ embedder: setup().embedder }) });

describe("of a list of texts", () => {
  test("only those that are missing are embedded, each once, in one call, and the order is kept", async () => {
    const { embedder, calls } = setup();
    await embedder.embed(["tea", "milk"], asDocument);
    const texts = ["rice", "milk", "rice", "tea", "bread"];
    expect(await embedder.embed(texts, asDocument)).toEqual(await vectorsOf(texts));
    expect(calls).toEqual([
      ["tea", "milk"],
      ["rice", "bread"],
    ]);
    await embedder.embed(texts, asDocument);
    expect(calls).toHaveLength(2);
  });

  test("two at the same time share what they have in common", async () => {
    const { embedder, calls } = setup();
    await Promise.all([
      embedder.embed(["a tea", "b tea"], asDocument),
      embedder.embed(["b tea", "c tea"], asDocument),
    ]);
    expect(calls.flat().toSorted()).toEqual(["a tea", "b tea", "c tea"]);
  });

  test("nothing is asked for none", async () => {
    const { embedder, calls } = setup();
    expect(await embedder.embed([], asDocument)).toEqual([]);
    expect(calls).toEqual([]);
  });

  test("whatever is asked, each gets the vector that the embedder would give", async () => {
    const { embedder } = setup();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("tea", "rice", "", "Tea", "té")), async (texts) => {
        expect(await embedder.embed(texts, asDocument)).toEqual(await vectorsOf(texts));
      }),
    );
  });
});

const statistics = (documents: number, tea: number) => ({
  documents,
  frequencies: new Map([["tea", tea]]),
});

describe("a vector is not mistaken for another", () => {
  test("of the query side, or of other statistics", async () => {
    const { embedder, calls } = setup();
    const kinds: EmbedOptions[] = [
      { kind: "document" },
      { kind: "query" },
      { kind: "query", statistics: statistics(10, 1) },
      { kind: "query", statistics: statistics(10, 2) },
      { kind: "query", statistics: statistics(11, 1) },
    ];
    for (const options of [...kinds, ...kinds]) await embedder.embed(["tea"], options);
    expect(calls).toHaveLength(kinds.length);
  });

  test("of another model, dimension or tenant", async () => {
    const cache = new TieredCache();
    const models = [
      { scope: "ana" },
      { scope: "ben" },
      { scope: "ana", modelId: "other" },
      { scope: "ana", dimension: 4 },
    ];
    let calls = 0;
    for (const { scope, modelId = "m", dimension = 2 } of [...models, ...models]) {
      const embed = async (texts: readonly string[]) => {
        calls += 1;
        return texts.map(() => new Float32Array(dimension));
      };
      const inner = { modelId, dimension, settings: { driver: "x" }, embed };
      const embedder = cachedEmbedder(inner, { cache, scope, ttl: 60_000 });
      const [vector] = await embedder.embed(["tea"], asDocument);
      expect(vector).toHaveLength(dimension);
    }
    expect(calls).toBe(models.length);
  });

  test("that a caller changed in place", async () => {
    const { embedder } = setup();
    const [one, two] = await embedder.embed(["tea", "tea"], asDocument);
    one?.fill(0);
    expect(two).toEqual((await vectorsOf(["tea"]))[0]);
    expect(await embedder.embed(["tea"], asDocument)).toEqual(await vectorsOf(["tea"]));
  });
});

test("through a store a vector takes 4 bytes per dimension, and another process has it", async () => {
  const store = new MemoryKeyValueStore();
  const sizes: number[] = [];
  const set = store.set.bind(store);
  store.set = (key, value, options) => {
    sizes.push(value.length);
    return set(key, value, options);
  };
  await using first = new TieredCache({ store, deadline: 10_000 });
  await using second = new TieredCache({ store, deadline: 10_000 });
  const dimension = 1_536;
  let calls = 0;
  const embed = async (texts: readonly string[]) => {
    calls += 1;
    return texts.map(() => Float32Array.from({ length: dimension }, (_, i) => Math.sin(i + 0.1)));
  };
  const inner = { modelId: "m", dimension, settings: { driver: "x" }, embed };
  const [here] = await cachedEmbedder(inner, { cache: first, scope: "", ttl: 60_000 }).embed(
    ["tea"],
    asDocument,
  );
  await first.close();
  const [there] = await cachedEmbedder(inner, { cache: second, scope: "", ttl: 60_000 }).embed(
    ["tea"],
    asDocument,
  );
  expect(there).toEqual(here);
  expect(calls).toBe(1);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(6_200);
});

test("an error is the embedder's own, and nothing is cached", async () => {
  const { embedder, inner, calls } = setup();
  const error = new PalimpsestError("E_EMBEDDING_FAILED", "the model is away");
  const { embed } = inner;
  inner.embed = () => Promise.reject(error);
  await expect(embedder.embed(["tea"], asDocument)).rejects.toBe(error);
  inner.embed = embed;
  expect(await embedder.embed(["tea"], asDocument)).toEqual(await vectorsOf(["tea"]));
  expect(calls).toHaveLength(1);
});

test.each<[string, Float32Array[]]>([
  ["too few", [new Float32Array(3)]],
  ["too many", Array.from({ length: 3 }, () => new Float32Array(3))],
  ["of another dimension", [new Float32Array(3), new Float32Array(4)]],
])("vectors that are %s are an error, and none of them is cached", async (_, given) => {
  const answers = [given, [new Float32Array(3).fill(1), new Float32Array(3).fill(2)]];
  const inner: Embedder = {
    modelId: "m",
    dimension: 3,
    settings: { driver: "x" },
    embed: async () => answers.shift() ?? [],
  };
  const embedder = cachedEmbedder(inner, { cache: new TieredCache(), scope: "", ttl: 60_000 });
  await expect(embedder.embed(["a", "b"], asDocument)).rejects.toMatchObject({
    code: "E_EMBEDDING_FAILED",
  });
  expect(await embedder.embed(["a", "b", "a"], asDocument)).toEqual(
    [1, 2, 1].map((n) => new Float32Array(3).fill(n)),
  );
});

test("while its flag is off, every text goes to the embedder", async () => {
  const { embedder, calls } = setup({ flags: { isCacheOn: () => false } });
  await embedder.embed(["tea", "tea"], asDocument);
  await embedder.embed(["tea"], asDocument);
  expect(calls).toEqual([["tea", "tea"], ["tea"]]);
  const asked: string[] = [];
  const flags = { isCacheOn: (key: string) => asked.push(key) > 0 };
  await setup({ flags, targetingKey: "user 7" }).embedder.embed(["tea"], asDocument);
  expect(asked).toEqual(["user 7"]);
});
