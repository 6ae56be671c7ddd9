import { HashEmbedder } from "@palimpsest/embedders/hash";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dimension, enginePairs, type OpenPair, type Place } from "./fixtures/engine-pairs.ts";
import { firstConversation } from "./fixtures/locomo.ts";
import { type Recalls, recalls } from "./fixtures/recall.ts";
import { retrievalSet } from "./fixtures/retrieval-set.ts";

const set = retrievalSet();
/** As many questions of each. */
const kinds = ["exact", "rare", "typo", "ending", "joined"] as const;
/** Hundreds of searches, each of which MongoDB's protocol server takes its time for. */
const timeout = 300_000;
/** Percentage points that fusing may cost beside the better leg alone. */
const tolerated = 0.5;
// LoCoMo may be measured with but not shipped, so its file is named by whoever has it.
const { LOCOMO: locomo } = process.env;

describe.each(enginePairs)("hybrid search never hurts on $name", ({ isReachable, place }) => {
  let home: Place;
  let pair: OpenPair;

  beforeAll(async () => {
    if (!isReachable) return;
    home = await place();
    pair = await home.open();
    await pair.store.insertMany(set.documents);
  });
  afterAll(async () => {
    await pair?.close();
    await home?.drop();
  });

  test.skipIf(!isReachable)("recall@10 on the synthetic set", { timeout }, async () => {
    const found: Recalls[] = [];
    for (const kind of kinds) {
      const questions = set.questions.filter((question) => question.kind === kind);
      found.push(await recalls(pair.store, questions));
    }
    // As a whole, and for each kind that one leg is far better at.
    const [exact, rare, typo] = found as [Recalls, Recalls, Recalls];
    const compared = { whole: meanOf(found), exact, rare, typo };
    expect(Object.entries(compared).filter(([, recall]) => hurts(recall))).toEqual([]);
    expect(exact.lexical).toBeGreaterThan(exact.vector);
    expect(typo.vector).toBeGreaterThan(typo.lexical);
  });

  test.skipIf(!isReachable)(
    "what only its words or only its vector point to is reached",
    async () => {
      const [query] = await new HashEmbedder({ dimension }).embed(["quokka"], { kind: "query" });
      const opposite = query!.map((value) => -value);
      await pair.store.insertMany([
        { id: "by-word", text: "a quokka crossed the road", vector: opposite },
        { id: "by-vector", text: "one marsupial, nothing else", vector: query! },
      ]);
      const vectorHits = await pair.store.search("quokka", { mode: "vector", k: 10 });
      expect(vectorHits.map(({ id }) => id)).not.toContain("by-word");
      const hits = await pair.store.search("quokka", { k: 10 });
      expect(hits.map(({ id }) => id)).toEqual(expect.arrayContaining(["by-word", "by-vector"]));
      await pair.store.delete({ id: "by-word" });
      await pair.store.delete({ id: "by-vector" });
    },
  );

  test.skipIf(!isReachable || locomo === undefined)(
    "recall@10 on LoCoMo (named by LOCOMO=path)",
    { timeout },
    async () => {
      const { documents, questions } = await firstConversation(locomo as string);
      const other = await place();
      const own = await other.open();
      await own.store.insertMany(documents);
      const found = await recalls(own.store, questions);
      await own.close();
      await other.drop();
      expect(hurts(found), `${JSON.stringify(found)}`).toBe(false);
    },
  );
});

function hurts({ lexical, vector, hybrid }: Recalls): boolean {
  return hybrid < Math.max(lexical, vector) - tolerated;
}

function meanOf(all: readonly Recalls[]): Recalls {
  const mean = (mode: keyof Recalls): number =>
    all.reduce((sum, recall) => sum + recall[mode], 0) / all.length;
  return { lexical: mean("lexical"), vector: mean("vector"), hybrid: mean("hybrid") };
}
