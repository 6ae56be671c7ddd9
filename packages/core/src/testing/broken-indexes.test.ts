// oxlint-disable vitest/expect-expect, no-unused-vars, oxc/no-map-spread -- expectCaught asserts; doubles drop and change fields
import { expect, test } from "vitest";
import type { Embedder } from "../embedder.ts";
import type { LexicalIndex } from "../lexical-index.ts";
import { MemoryLexicalIndex, MemoryVectorIndex } from "../memory/index.ts";
import type { VectorIndex } from "../vector-index.ts";
import { altered, expectCaught, failingCases } from "./broken-doubles.ts";
import { embedderCases, openEmbedder } from "./embedder-contract.ts";
import { lexicalIndexCases, openLexicalIndex } from "./lexical-contract.ts";
import { openVectorIndex, vectorIndexCases } from "./vector-contract.ts";
import { WordEmbedder } from "./word-embedder.ts";

type VectorChange = (index: VectorIndex) => Partial<VectorIndex>;

function openVectors(change: VectorChange): ReturnType<typeof openVectorIndex> {
  return openVectorIndex(async (options) => {
    const index = new MemoryVectorIndex(options);
    return { index: altered<VectorIndex>(index, change(index)) };
  });
}

function numbers(vector: Float32Array, size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => vector[i] || 0);
}

const brokenVectors: readonly (readonly [string, VectorChange, readonly string[]])[] = [
  [
    "answers with distances",
    (index) => ({
      query: async (options) => {
        const hits = await index.query(options);
        return hits.map((hit) => ({ ...hit, score: 2 - 2 * hit.score }));
      },
    }),
    [
      "hits come best first with scores in [0, 1], high is near",
      "cosine scores agree with the definition for any vectors",
    ],
  ],
  [
    "takes NaN for 0",
    (index) => ({
      upsert: (records) =>
        index.upsert(records.map((each) => ({ ...each, vector: each.vector.map((x) => x || 0) }))),
    }),
    ["NaN and Infinity are refused before anything of the call is stored"],
  ],
  [
    "cuts and pads vectors",
    (index) => ({
      upsert: (records) =>
        index.upsert(records.map((each) => ({ ...each, vector: numbers(each.vector, 3) }))),
    }),
    ["a vector of another dimension is refused, stored or asked"],
  ],
  [
    "ignores the scope",
    (index) => ({
      query: ({ scope: _, ...options }) => index.query({ ...options, allScopes: true }),
    }),
    ["a query sees its own scope only, unless it asks for all"],
  ],
  [
    "lets older revisions win",
    (index) => ({
      upsert: async (records, options) => {
        await index.delete(records);
        await index.upsert(records, options);
      },
    }),
    ["an upsert replaces the entry whole, and an older revision never does"],
  ],
  [
    "filters after choosing the best k",
    (index) => ({
      query: async ({ filter, keys, ...options }) => {
        const best = await index.query(options);
        const allowed = await index.query({
          ...options,
          k: 1_000,
          ...(filter && { filter }),
          ...(keys && { keys }),
        });
        return best.filter((hit) => allowed.some(({ id }) => id === hit.id));
      },
    }),
    ["a filter restricts before the best k are chosen"],
  ],
  [
    "leaves ties to chance",
    (index) => ({
      query: async (options) => {
        const hits = await index.query(options);
        return hits.toReversed().toSorted((a, b) => b.score - a.score);
      },
    }),
    ["equal scores are in UTF-8 order of (scope, id)"],
  ],
  [
    "deletes nothing",
    () => ({ delete: async () => {} }),
    ["what is deleted is found no more; deleting the absent is harmless"],
  ],
];

test.each(brokenVectors)("a vector index that %s is caught", async (_, change, names) => {
  await expectCaught(vectorIndexCases, names, () => openVectors(change));
});

type LexicalChange = (index: LexicalIndex) => Partial<LexicalIndex>;

function openLexical(change: LexicalChange): ReturnType<typeof openLexicalIndex> {
  return openLexicalIndex(async () => {
    const index = new MemoryLexicalIndex();
    return { index: altered<LexicalIndex>(index, change(index)) };
  });
}

const brokenLexical: readonly (readonly [string, LexicalChange, readonly string[]])[] = [
  [
    "returns everything",
    (index) => ({
      query: async ({ k, text: _, ...options }) => {
        const { entries } = await index.scan({ ...options, limit: 10_000 });
        return entries.slice(0, k).map((entry) => ({ ...entry, score: 1 }));
      },
    }),
    [
      "a query finds exactly the documents that share a term with it",
      "any text is a valid query; one without terms finds nothing",
    ],
  ],
  [
    "reads the query as a language",
    (index) => ({
      query: (options) =>
        /["*():^-]|\b(AND|OR|NOT|NEAR)\b/.test(options.text)
          ? Promise.reject(new Error("syntax error"))
          : index.query(options),
    }),
    ["any text is a valid query; one without terms finds nothing"],
  ],
  [
    "ignores the scope",
    (index) => ({
      query: ({ scope: _, ...options }) => index.query({ ...options, allScopes: true }),
    }),
    ["a query sees its own scope only, unless it asks for all; keys narrow it"],
  ],
  [
    "weighs terms by every tenant's documents",
    (index) => ({
      query: async ({ scope = "", ...options }) => {
        const hits = await index.query({ ...options, allScopes: true });
        return hits.filter((hit) => hit.scope === scope);
      },
    }),
    ["another scope's documents do not change the order of mine"],
  ],
  [
    "drops common terms",
    (index) => ({
      query: async (options) => {
        const hits = await index.query(options);
        const { entries } = await index.scan({ limit: 10_000 });
        return hits.length === entries.length ? [] : hits;
      },
    }),
    ["a term in every document still finds them all"],
  ],
  [
    "lets older revisions win",
    (index) => ({
      upsert: async (records, options) => {
        await index.delete(records);
        await index.upsert(records, options);
      },
    }),
    ["an upsert replaces the entry whole, and an older revision never does"],
  ],
  [
    "indexes the head of a text only",
    (index) => ({
      upsert: (records) =>
        index.upsert(records.map((each) => ({ ...each, text: each.text.slice(0, 1_000) }))),
    }),
    ["the first 256 KiB of a text are found, and 1 MB of text does not hurt"],
  ],
  [
    "counts deleted documents",
    (index) => {
      const ever = new Set<string>();
      return {
        upsert: async (records) => {
          for (const { scope, id } of records) ever.add(`${scope}/${id}`);
          await index.upsert(records);
        },
        documentFrequency: async (terms, options) => ({
          ...(await index.documentFrequency(terms, options)),
          documents: ever.size,
        }),
      };
    },
    ["what is deleted is found and counted no more; deleting the absent is harmless"],
  ],
];

test.each(brokenLexical)("a lexical index that %s is caught", async (_, change, names) => {
  await expectCaught(lexicalIndexCases, names, () => openLexical(change));
});

type EmbedderChange = (embedder: Embedder) => Partial<Embedder>;

function openWords(change: EmbedderChange): ReturnType<typeof openEmbedder> {
  return openEmbedder(async () => {
    const embedder = new WordEmbedder();
    return { embedder: altered<Embedder>(embedder, change(embedder)) };
  });
}

const brokenEmbedders: readonly (readonly [string, EmbedderChange, readonly string[]])[] = [
  [
    "returns vectors in another order",
    (embedder) => ({
      embed: async (texts, options) => (await embedder.embed(texts, options)).toReversed(),
    }),
    ["every text has one finite vector of the dimension, in order"],
  ],
  [
    "lets statistics change documents",
    (embedder) => ({
      embed: async (texts, options) =>
        (await embedder.embed(texts, options)).map((vector) =>
          options.statistics ? vector.map((x) => x / 2) : vector,
        ),
    }),
    ["a document's vector does not depend on its company, on statistics or on the instance"],
  ],
  [
    "fails on empty text",
    (embedder) => ({
      embed: async (texts, options) =>
        (await embedder.embed(texts, options)).map((vector, i) =>
          texts[i] === "" ? vector.fill(Number.NaN) : vector,
        ),
    }),
    ["every text has one finite vector of the dimension, in order"],
  ],
  [
    "tells its key",
    () => ({ settings: { driver: "words", apiKey: "k" } }),
    ["settings name the driver and are plain JSON without secrets"],
  ],
];

test.each(brokenEmbedders)("an embedder that %s is caught", async (_, change, names) => {
  await expectCaught(embedderCases, names, () => openWords(change));
});

test("the same cases accept the untouched references", async () => {
  expect(await failingCases(vectorIndexCases, () => openVectors(() => ({})))).toEqual([]);
  expect(await failingCases(lexicalIndexCases, () => openLexical(() => ({})))).toEqual([]);
  expect(await failingCases(embedderCases, () => openWords(() => ({})))).toEqual([]);
});
