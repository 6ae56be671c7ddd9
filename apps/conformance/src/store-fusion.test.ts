import { openMemoryEngine } from "@palimpsest/core/memory";
import { HashEmbedder } from "@palimpsest/embedders/hash";
import { SemanticStore } from "@palimpsest/store";
import { describe, expect, test } from "vitest";
import { recalls } from "./fixtures/recall.ts";
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
