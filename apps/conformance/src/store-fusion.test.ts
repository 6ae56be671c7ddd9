import { openMemoryEngine } from "@palimpsest/core/memory";
import type { SearchMode } from "@palimpsest/core";
import { HashEmbedder } from "@palimpsest/embedders/hash";
import { SemanticStore } from "@palimpsest/store";
import { describe, expect, test } from "vitest";
import { type Question, retrievalSet } from "./fixtures/retrieval-set.ts";

const set = retrievalSet();

async function filledStore(dimension: number): Promise<SemanticStore> {
  const { documents, lexical, openVectors } = openMemoryEngine();
  const embedder = new HashEmbedder({ dimension });
  const vectors = await openVectors(embedder);
  const store = await SemanticStore.open({ documents, lexical, vectors, embedder, worker: false });
  await store.insertMany(set.documents);
  return store;
}

/** Share of the right answers among the first ten, in percent. */
async function recall(
  store: SemanticStore,
  mode: SearchMode,
  questions: readonly Question[],
): Promise<number> {
  let sum = 0;
  for (const { text, relevant } of questions) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    const hits = await store.search(text, { mode, k: 10 });
    const found = hits.filter(({ id }) => relevant.has(id)).length;
    sum += found / Math.min(relevant.size, 10);
  }
  return (100 * sum) / questions.length;
}

async function recalls(store: SemanticStore, questions: readonly Question[]) {
  return {
    lexical: await recall(store, "lexical", questions),
    vector: await recall(store, "vector", questions),
    hybrid: await recall(store, "hybrid", questions),
  };
}

describe("hybrid never hurts, with the hash embedder and default weights", () => {
  test.each([256, 1024])(
    "%i dimensions: at least the better leg less half a point, and at least lexical alone",
    async (dimension) => {
      const { lexical, vector, hybrid } = await recalls(
        await filledStore(dimension),
        set.questions,
      );
      expect(hybrid).toBeGreaterThanOrEqual(Math.max(lexical, vector) - 0.5);
      expect(hybrid).toBeGreaterThanOrEqual(lexical);
    },
  );

  test("and by kind: where one leg is better, hybrid follows it", async () => {
    const store = await filledStore(256);
    const exact = await recalls(store, questionsOf("exact"));
    expect(exact.lexical).toBeGreaterThan(exact.vector);
    expect(exact.hybrid).toBeGreaterThanOrEqual(exact.lexical - 0.5);
    const typo = await recalls(store, questionsOf("typo"));
    expect(typo.vector).toBeGreaterThan(typo.lexical);
    expect(typo.hybrid).toBeGreaterThanOrEqual(typo.vector - 0.5);
  });
});

function questionsOf(wanted: Question["kind"]): Question[] {
  return set.questions.filter(({ kind }) => kind === wanted);
}
