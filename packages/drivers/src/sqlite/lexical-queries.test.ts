import type { LexicalRecord } from "@palimpsest/core";
import { MemoryLexicalIndex } from "@palimpsest/core/memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryStore } from "./fixtures/temporary-store.ts";

/** Some words in nearly every text, some rare: what makes early stopping possible, and wrong if mistaken. */
const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("the", "a", "of") },
  { weight: 2, arbitrary: fc.constantFrom("cat", "dog", "moon", "été", "東京都") },
  { weight: 1, arbitrary: fc.constantFrom("zebra", "quartz", "x".repeat(300)) },
);
const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(" "));

function record(scope: string, id: string, words: string): LexicalRecord {
  return { scope, id, revision: { epoch: 0, counter: 1 }, text: words, metadata: {} };
}

function toRecords(texts: readonly string[]): LexicalRecord[] {
  return texts.map((each, i) => record(`scope-${i % 2}`, `id-${i}`, each));
}

test("ranks as the reference index does, in one scope and in all", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 1, maxLength: 60 }),
      text,
      fc.integer({ min: 1, max: 5 }),
      async (texts, query, k) => {
        const store = await temporaryStore({ durability: "process" });
        const { lexical } = store.engine;
        const reference = new MemoryLexicalIndex();
        await lexical.upsert(toRecords(texts));
        await reference.upsert(toRecords(texts));
        const all = { text: query, k, allScopes: true } as const;
        const first = { text: query, k, scope: "scope-0" } as const;
        const second = { text: query, k, scope: "scope-1" } as const;
        const scores = async (index: Pick<MemoryLexicalIndex, "query">): Promise<unknown> =>
          (await Promise.all([index.query(all), index.query(first), index.query(second)])).map(
            (hits) => hits.map((hit) => hit.score.toFixed(9)),
          );
        expect(await scores(lexical)).toEqual(await scores(reference));
        await store.dispose();
      },
    ),
    { numRuns: 25 },
  );
});

test("stops early without losing a hit when common words follow a rare one", async () => {
  const store = await temporaryStore({ durability: "process" });
  const { lexical } = store.engine;
  const reference = new MemoryLexicalIndex();
  const texts = Array.from(
    { length: 900 },
    (_, i) => `the of a ${i % 90 === 0 ? "zebra quartz" : "cat"} ${"the ".repeat(i % 7)}`,
  );
  const records = texts.map((each, i) => record("", `id-${i}`, each));
  await lexical.upsert(records);
  await reference.upsert(records);
  const query = { text: "zebra the quartz of a", k: 3 };
  const expected = await reference.query(query);
  const found = await lexical.query(query);
  expect(found.map((hit) => hit.id)).toEqual(expected.map((hit) => hit.id));
  found.forEach((hit, i) => expect(hit.score).toBeCloseTo(expected[i]?.score ?? 0, 9));
  await store.dispose();
});

test("does not stop while common words can still lift a document above the rare word's", async () => {
  const store = await temporaryStore({ durability: "process" });
  const { lexical } = store.engine;
  const padding = Array.from({ length: 150 }, (_, i) => `p${i}`).join(" ");
  const texts = Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? "cat moon" : "cat"));
  const rare = Array.from({ length: 3 }, () => `zebra ${padding}`);
  await lexical.upsert([...rare, ...texts].map((each, i) => record("", `id-${i}`, each)));
  const hits = await lexical.query({ text: "zebra cat moon", k: 3 });
  const reference = new MemoryLexicalIndex();
  await reference.upsert([...rare, ...texts].map((each, i) => record("", `id-${i}`, each)));
  const expected = await reference.query({ text: "zebra cat moon", k: 3 });
  expect(hits.map((hit) => hit.id)).toEqual(expected.map((hit) => hit.id));
  await store.dispose();
});

test("another tenant's documents change nothing in a scope's ranking", async () => {
  const store = await temporaryStore();
  const { lexical } = store.engine;
  await lexical.upsert([record("a", "1", "red moon"), record("a", "2", "red sun sun")]);
  const before = await lexical.query({ scope: "a", text: "red sun", k: 5 });
  await lexical.upsert(Array.from({ length: 50 }, (_, i) => record("b", `${i}`, "sun sun sun")));
  expect(await lexical.query({ scope: "a", text: "red sun", k: 5 })).toEqual(before);
  await store.dispose();
});

test.each(['"', "cat OR dog", "cat_1", "", "*", "NEAR(cat dog)"])(
  "%j is no term of any document",
  async (term) => {
    const store = await temporaryStore();
    await store.engine.lexical.upsert(toRecords(["cat dog"]));
    const { frequencies } = await store.engine.lexical.documentFrequency([term], {
      allScopes: true,
    });
    expect(frequencies.get(term)).toBe(0);
    await store.dispose();
  },
);
