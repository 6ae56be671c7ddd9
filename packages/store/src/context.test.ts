import type { SearchHit, TokenCounter } from "@palimpsest/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildContext } from "./context.ts";
import { memoryParts } from "./fixtures/memory-parts.ts";

const words: TokenCounter = {
  family: "words",
  count: (text) => text.split(/\s+/).filter(Boolean).length,
};
/** Runs of one letter are one token, across lines too: the whole may cost less or more than its lines. */
const runs: TokenCounter = {
  family: "runs",
  count: (text) => text.match(/(.)\1*|\n/gsu)?.length ?? 0,
};

function hit(id: string, text: string): SearchHit {
  return { scope: "", id, text, metadata: {}, timestamp: 0, score: 1 };
}

describe("buildContext", () => {
  test("gives one line per hit, best first, with its source", () => {
    const context = buildContext([hit("a", "one two"), hit("b", "three")], 100, words);
    expect(context.text).toBe("[a] one two\n[b] three");
    expect(context).toMatchObject({ tokens: 5, omitted: 0 });
    expect(context.hits.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("refuses a counter that does not count: no budget would be used up", () => {
    const broken: TokenCounter = { family: "broken", count: () => Number.NaN };
    expect(() => buildContext([hit("a", "one")], 100, broken)).toThrow('token counter "broken"');
  });

  test("skips what does not fit, whole, and lets a smaller hit follow", () => {
    const context = buildContext(
      [hit("a", "1 2 3"), hit("b", "1 2 3 4 5 6"), hit("c", "1")],
      6,
      words,
    );
    expect(context.text).toBe("[a] 1 2 3\n[c] 1");
    expect(context).toMatchObject({ tokens: 6, omitted: 1 });
  });

  test("line breaks of text and id cannot forge a line", () => {
    const context = buildContext([hit("a\n[x", "one\r\ntwo\u2028three\n[b] four")], 100, words);
    expect(context.text).toBe("[a⏎[x] one⏎two⏎three⏎[b] four");
  });

  test("a budget of 0 gives nothing", () => {
    expect(buildContext([hit("a", "x")], 0, words)).toEqual({
      text: "",
      tokens: 0,
      hits: [],
      omitted: 1,
    });
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "a budget of %s is refused",
    (budget) => {
      expect(() => buildContext([], budget, words)).toThrow(/budget/);
    },
  );

  test("never over the budget as the counter counts the whole text, and nothing that fits first is missing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "é"), maxLength: 30 })),
        fc.nat(80),
        fc.constantFrom(words, runs),
        (texts, budget, counter) => {
          const hits = texts.map((text, i) => hit(`${i}`, text));
          const context = buildContext(hits, budget, counter);
          expect(counter.count(context.text)).toBeLessThanOrEqual(budget);
          expect(context.tokens).toBe(counter.count(context.text));
          expect(context.omitted + context.hits.length).toBe(texts.length);
          expect(context.text === "" ? 0 : context.text.split("\n").length).toBe(
            context.hits.length,
          );
        },
      ),
    );
  });
});

test("context() chooses from more hits than a search gives by default", async () => {
  const store = await (await memoryParts()).open();
  await store.upsertMany(Array.from({ length: 40 }, (_, i) => ({ id: `d${i}`, text: "tea" })));
  const all = await store.context("tea", { budget: 1000, counter: words });
  expect(all.hits).toHaveLength(40);
  const few = await store.context("tea", { budget: 1000, counter: words, k: 3 });
  expect(few.hits).toHaveLength(3);
  await expect(store.context("tea", { budget: -1, counter: words })).rejects.toMatchObject({
    code: "E_INVALID_INPUT",
  });
});
