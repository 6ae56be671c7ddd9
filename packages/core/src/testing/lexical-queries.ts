// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import fc from "fast-check";
import { expect } from "vitest";
import { type Filter, matchesFilter } from "../filter.ts";
import type { LexicalIndex, LexicalRecord } from "../lexical-index.ts";
import { tokenize } from "../tokenize.ts";
import type { ContractCase } from "./contract.ts";
import { filterArbitrary, metadataArbitrary } from "./filter-arbitraries.ts";
import { expectRefused, idsOf } from "./samples.ts";

export type LexicalIndexCase = ContractCase<{ readonly index: LexicalIndex }>;

export function lexicalRecord(
  id: string,
  text: string,
  parts: Partial<LexicalRecord> = {},
): LexicalRecord {
  return { scope: "", id, revision: { epoch: 0, counter: 1 }, text, metadata: {}, ...parts };
}

/** What query languages of search engines are made of. */
const hostileQueries: readonly string[] = [
  '"',
  "'",
  "sea AND",
  "sea OR NOT",
  "NEAR(sea sky)",
  "text: sea",
  "sea*",
  "-sea",
  "^sea",
  "(sea",
  "{sea}",
  "'; DROP TABLE documents; --",
  "a & | ! <-> b",
  "\\",
  "%_",
];

/** Term search: who matches, in what order, restricted how. */
export const lexicalQueries: readonly LexicalIndexCase[] = [
  {
    name: "a query finds exactly the documents that share a term with it",
    run: async ({ index }) => {
      const words = fc.constantFrom(
        "sea",
        "Sky",
        "café",
        "CAFE",
        "日本語",
        "本",
        "x1",
        "naïve",
        "и",
      );
      const text = fc.array(words, { maxLength: 5 }).map((all) => all.join(" "));
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(text, { maxLength: 8 }), text, async (texts, query) => {
          const scope = `run ${++runs}`;
          await index.upsert(texts.map((each, i) => lexicalRecord(`${i}`, each, { scope })));
          const terms = new Set(tokenize(query));
          const expected = texts.flatMap((each, i) =>
            tokenize(each).some((term) => terms.has(term)) ? [`${i}`] : [],
          );
          const hits = await index.query({ scope, text: query, k: 100 });
          expect({ query, ids: idsOf(hits).toSorted() }).toEqual({ query, ids: expected });
        }),
        { numRuns: 30, seed: 7 },
      );
    },
  },
  {
    name: "scores are above 0 and hits come best first, ties in UTF-8 order of (scope, id)",
    run: async ({ index }) => {
      await index.upsert(["b", "😀", "\uffff", "a"].map((id) => lexicalRecord(id, "sea and sky")));
      await index.upsert([lexicalRecord("best", "sea sea sea"), lexicalRecord("none", "hill")]);
      const hits = await index.query({ text: "sea", k: 100 });
      expect(idsOf(hits)).toEqual(["best", "a", "b", "\uffff", "😀"]);
      for (const [i, hit] of hits.entries()) {
        expect(hit.score).toBeGreaterThan(0);
        expect(hit.score).toBeLessThanOrEqual(hits[i - 1]?.score ?? Number.POSITIVE_INFINITY);
      }
    },
  },
  {
    name: "a term in every document still finds them all",
    run: async ({ index }) => {
      await index.upsert(["a", "b", "c"].map((id) => lexicalRecord(id, "sea")));
      const hits = await index.query({ text: "sea", k: 9 });
      expect(idsOf(hits)).toEqual(["a", "b", "c"]);
      expect(hits.every(({ score }) => score > 0)).toBe(true);
    },
  },
  {
    name: "a rare term weighs more than a common one, a short text more than a long one",
    run: async ({ index }) => {
      const filler = Array.from({ length: 20 }, (_, i) => lexicalRecord(`f${i}`, "common words"));
      await index.upsert([...filler, lexicalRecord("rare", "rare words")]);
      await index.upsert([lexicalRecord("long", `rare ${"many other things ".repeat(20)}`)]);
      const hits = await index.query({ text: "common rare", k: 3 });
      expect(hits[0]?.id).toBe("rare");
      const rare = await index.query({ text: "rare", k: 3 });
      expect(idsOf(rare)).toEqual(["rare", "long"]);
    },
  },
  {
    name: "Chinese, Japanese and Korean text is found by any two neighbouring characters",
    run: async ({ index }) => {
      await index.upsert([
        lexicalRecord("zh", "我喜欢打篮球"),
        lexicalRecord("ko", "한국어입니다"),
      ]);
      await index.upsert([
        lexicalRecord("ja", "東京タワー"),
        lexicalRecord("han", "\u{20000}\u{20001}"),
      ]);
      expect(idsOf(await index.query({ text: "篮球", k: 9 }))).toEqual(["zh"]);
      expect(idsOf(await index.query({ text: "タワ", k: 9 }))).toEqual(["ja"]);
      expect(idsOf(await index.query({ text: "국어", k: 9 }))).toEqual(["ko"]);
      expect(idsOf(await index.query({ text: "\u{20000}\u{20001}", k: 9 }))).toEqual(["han"]);
      expect(await index.query({ text: "球篮", k: 9 })).toEqual([]);
    },
  },
  {
    name: "any text is a valid query; one without terms finds nothing",
    run: async ({ index }) => {
      await index.upsert([lexicalRecord("a", "sea"), lexicalRecord("b", "hill")]);
      for (const text of ["", " ", "!?", "😀", "…", '"""', "()"]) {
        expect(await index.query({ text, k: 9 })).toEqual([]);
      }
      for (const text of hostileQueries) {
        const found = tokenize(text).includes("sea") ? ["a"] : [];
        expect({ text, ids: idsOf(await index.query({ text, k: 9 })) }).toEqual({
          text,
          ids: found,
        });
      }
    },
  },
  {
    name: "k = 0 gives none, k above the count gives all, k in between the best",
    run: async ({ index }) => {
      await index.upsert([
        lexicalRecord("good", "sea sea"),
        lexicalRecord("less", "sea and hills"),
      ]);
      expect(await index.query({ text: "sea", k: 0 })).toEqual([]);
      expect(idsOf(await index.query({ text: "sea", k: 1 }))).toEqual(["good"]);
      expect(idsOf(await index.query({ text: "sea", k: 1_000 }))).toEqual(["good", "less"]);
      await expectRefused(index.query({ text: "sea", k: -1 }), "E_INVALID_INPUT");
    },
  },
  {
    name: "a query sees its own scope only, unless it asks for all; keys narrow it",
    run: async ({ index }) => {
      await index.upsert([
        lexicalRecord("mine", "sea", { scope: "one" }),
        lexicalRecord("also", "sea", { scope: "one" }),
        lexicalRecord("theirs", "sea", { scope: "two" }),
      ]);
      const query = { text: "sea", k: 9 };
      expect(await index.query(query)).toEqual([]);
      expect(idsOf(await index.query({ ...query, scope: "one" }))).toEqual(["also", "mine"]);
      const all = await index.query({ ...query, allScopes: true });
      expect(idsOf(all).toSorted()).toEqual(["also", "mine", "theirs"]);
      const keys = [
        { scope: "one", id: "mine" },
        { scope: "two", id: "theirs" },
      ];
      expect(idsOf(await index.query({ ...query, scope: "one", keys }))).toEqual(["mine"]);
      expect(await index.query({ ...query, scope: "one", keys: [] })).toEqual([]);
    },
  },
  {
    name: "another scope's documents do not change the order of mine",
    run: async ({ index }) => {
      await index.upsert([lexicalRecord("a", "sea wind"), lexicalRecord("b", "sky wind")]);
      await index.upsert([lexicalRecord("c", "sky rain")]);
      const before = await index.query({ text: "sea sky", k: 9 });
      const others = Array.from({ length: 50 }, (_, i) =>
        lexicalRecord(`o${i}`, "sea sea sea", { scope: "other" }),
      );
      await index.upsert(others);
      expect(await index.query({ text: "sea sky", k: 9 })).toEqual(before);
    },
  },
  {
    name: "a compiled filter agrees with matchesFilter",
    run: async ({ index }) => {
      let runs = 0;
      const filters = fc.array(filterArbitrary, { minLength: 10, maxLength: 10 });
      const documents = fc.array(metadataArbitrary, { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(documents, filters, async (all, wanted) => {
          const scope = `run ${++runs}`;
          await index.upsert(
            all.map((metadata, i) => lexicalRecord(`${i}`, "sea", { scope, metadata })),
          );
          for (const filter of wanted.filter((each: Filter) => index.compiles(each))) {
            const expected = all.flatMap((metadata, i) =>
              matchesFilter(filter, metadata) ? [`${i}`] : [],
            );
            const hits = await index.query({ scope, text: "sea", k: 100, filter });
            expect({ filter, ids: idsOf(hits) }).toEqual({ filter, ids: expected });
          }
        }),
        { numRuns: 20, seed: 8 },
      );
    },
  },
];
