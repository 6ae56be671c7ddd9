import { tokenize } from "@palimpsest/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HashEmbedder } from "./hash-embedder.ts";

const asDocument = { kind: "document" } as const;

async function one(embedder: HashEmbedder, text: string): Promise<Float32Array> {
  const [vector] = await embedder.embed([text], asDocument);
  if (vector === undefined) throw new Error("no vector");
  return vector;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

describe("HashEmbedder", () => {
  it("gives one unit vector per text, zeros for a text without words", async () => {
    const embedder = new HashEmbedder({ dimension: 256 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { maxLength: 8 }), async (texts) => {
        const vectors = await embedder.embed(texts, asDocument);
        expect(vectors).toHaveLength(texts.length);
        for (const [i, vector] of vectors.entries()) {
          expect(vector).toHaveLength(256);
          const expected = tokenize(texts[i] ?? "").length === 0 ? 0 : 1;
          expect(dot(vector, vector)).toBeCloseTo(expected, 5);
        }
      }),
    );
  });

  it("gives the same bytes alone, in a batch, from another instance and beside other words", async () => {
    const warm = new HashEmbedder();
    await fc.assert(
      fc.asyncProperty(fc.lorem(), fc.lorem(), async (text, other) => {
        const [, inBatch] = await warm.embed([other, text], asDocument);
        expect(inBatch).toEqual(await one(new HashEmbedder(), text));
      }),
      { numRuns: 30 },
    );
  });

  it("never changes its vectors under one model id", async () => {
    const vector = await one(new HashEmbedder({ dimension: 16 }), "Grüße, colour_of 東京タワー 😀");
    expect(Array.from(vector, (value) => value.toFixed(6))).toMatchInlineSnapshot(`
      [
        "0.000000",
        "0.110489",
        "0.605973",
        "0.223919",
        "-0.207371",
        "0.070098",
        "0.000000",
        "0.156743",
        "0.187757",
        "0.542974",
        "-0.033936",
        "-0.270473",
        "0.058476",
        "0.029088",
        "-0.173435",
        "-0.243389",
      ]
    `);
  });

  it("ignores corpus statistics for documents and uses them for queries", async () => {
    const embedder = new HashEmbedder();
    await fc.assert(
      fc.asyncProperty(fc.lorem(), fc.nat(1000), async (text, frequency) => {
        const frequencies = new Map(
          tokenize(text).map((term, i) => [term, i === 0 ? frequency : 1]),
        );
        const statistics = { documents: 1000, frequencies };
        const [vector] = await embedder.embed([text], { kind: "document", statistics });
        expect(vector).toEqual(await one(embedder, text));
      }),
      { numRuns: 30 },
    );
    const statistics = {
      documents: 1000,
      frequencies: new Map([
        ["the", 990],
        ["zebra", 2],
      ]),
    };
    const [query] = await embedder.embed(["the zebra"], { kind: "query", statistics });
    const [the, zebra] = await embedder.embed(["the", "zebra"], asDocument);
    expect(dot(query!, zebra!)).toBeGreaterThan(10 * dot(query!, the!));
  });

  it("treats a query without statistics, or over an empty corpus, like a document", async () => {
    const embedder = new HashEmbedder();
    const expected = await one(embedder, "a plain query");
    const empty = { documents: 0, frequencies: new Map<string, number>() };
    expect((await embedder.embed(["a plain query"], { kind: "query" }))[0]).toEqual(expected);
    const asked = await embedder.embed(["a plain query"], { kind: "query", statistics: empty });
    expect(asked[0]).toEqual(expected);
  });

  it.each([
    ["colour", "color", "cello"],
    ["organise", "organize", "oregano"],
    ["accomodation", "accommodation", "acclamation"],
    ["swimming", "swimmer", "sailing"],
    ["favourite_sport", "favorite sports", "daily weather"],
    ["データベース", "データベ", "テーブル"],
  ])("puts %s nearer to %s than to %s", async (word, variant, other) => {
    const embedder = new HashEmbedder();
    const [a, near, far] = await embedder.embed([word, variant, other], asDocument);
    expect(dot(a!, near!)).toBeGreaterThan(dot(a!, far!) + 0.05);
  });

  it("prefers the same order of words", async () => {
    const embedder = new HashEmbedder();
    const [a, same, turned] = await embedder.embed(
      ["dog bites man", "dog bites man today", "today man bites dog"],
      asDocument,
    );
    expect(dot(a!, same!)).toBeGreaterThan(dot(a!, turned!));
  });

  it("grows sublinearly with repetition", async () => {
    const [repeated, tea] = await new HashEmbedder().embed(
      [`tea coffee ${"milk ".repeat(500)}`, "tea"],
      asDocument,
    );
    expect(dot(repeated!, tea!)).toBeGreaterThan(0.1);
  });

  it("names every option in its model id and reopens from its settings", async () => {
    const embedder = new HashEmbedder({ dimension: 64, ngramMax: 4, bigramWeight: 0 });
    const reopened = new HashEmbedder(embedder.settings);
    expect(reopened.modelId).toBe(embedder.modelId);
    expect(await one(reopened, "same text")).toEqual(await one(embedder, "same text"));
    const variants = [
      {},
      { dimension: 64 },
      { wordWeight: 2 },
      { bigramWeight: 2 },
      { ngramWeight: 3 },
      { ngramMin: 2 },
      { ngramMax: 6 },
    ];
    const ids = variants.map((options) => new HashEmbedder(options).modelId);
    expect(new Set(ids).size).toBe(variants.length);
  });

  it.each([
    [{ dimension: 0 }, /dimension is 0; pass a number from 16 to 65536/],
    [{ dimension: 100.5 }, /dimension is 100.5/],
    [{ dimension: Number.NaN }, /dimension is NaN/],
    [{ ngramMin: 1 }, /ngramMin is 1/],
    [{ ngramMin: 5, ngramMax: 4 }, /ngramMax is 4; pass a number from 5 to 8/],
    [{ wordWeight: -1 }, /wordWeight is -1/],
    [{ bigramWeight: Number.POSITIVE_INFINITY }, /bigramWeight is Infinity/],
    [{ wordWeight: 0, ngramWeight: 0 }, /both 0/],
  ])("refuses %j", (options, message) => {
    expect(() => new HashEmbedder(options)).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT", message: expect.stringMatching(message) }),
    );
  });

  it("refuses what is not a string, by position and without quoting it", async () => {
    const texts = ["fine", 42 as never];
    await expect(new HashEmbedder().embed(texts, asDocument)).rejects.toMatchObject({
      code: "E_INVALID_INPUT",
      message: "texts[1] is number; pass a string",
    });
  });

  it("stops when aborted, also in the middle of a batch", async () => {
    const embedder = new HashEmbedder();
    const late = new AbortController();
    const texts = Array.from({ length: 2000 }, (_, i) => `text ${i}`);
    const running = embedder.embed(texts, { ...asDocument, signal: late.signal });
    late.abort();
    await expect(running).rejects.toMatchObject({ code: "E_ABORTED" });
    const signal = AbortSignal.abort();
    await expect(embedder.embed(["a"], { ...asDocument, signal })).rejects.toMatchObject({
      code: "E_ABORTED",
    });
  });
});
