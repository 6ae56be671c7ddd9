import { tokenize } from "@palimpsest/core";
import { MemoryLexicalIndex } from "@palimpsest/core/memory";
import { HashEmbedder } from "@palimpsest/embedders/hash";
import type { Question, RetrievalSet } from "./retrieval-set.ts";

/** Recall@10 in percent, by the weight of the vector leg: 0 is lexical alone, 1 is vector alone. */
export type RecallByWeight = ReadonlyMap<number, number>;

/** Hits that each leg hands to the fusion. */
const candidates = 100;
const answers = 10;

type Scores = ReadonlyMap<number, number>;

interface Asked {
  readonly question: Question;
  readonly lexical: Scores;
  readonly vector: Scores;
}

/** Means over the questions of all sets, under "all" and under each kind of question. */
export async function recallByKind(
  sets: readonly RetrievalSet[],
  dimension: number,
  weights: readonly number[],
): Promise<Map<string, RecallByWeight>> {
  const embedder = new HashEmbedder({ dimension });
  const asked = (await Promise.all(sets.map((set) => askAll(set, embedder)))).flat();
  const kinds = ["all", ...new Set(asked.map(({ question }) => question.kind))];
  return new Map(
    kinds.map((kind) => {
      const chosen = asked.filter(({ question }) => kind === "all" || question.kind === kind);
      const means = weights.map((weight) => [weight, meanRecall(chosen, weight)] as const);
      return [kind, new Map(means)];
    }),
  );
}

async function askAll(set: RetrievalSet, embedder: HashEmbedder): Promise<Asked[]> {
  const lexical = new MemoryLexicalIndex();
  const records = set.documents.map((text, i) => ({
    scope: "",
    id: String(i),
    revision: { epoch: 0, counter: 1 },
    text,
    metadata: {},
  }));
  await lexical.upsert(records);
  const vectors = await embedder.embed(set.documents, { kind: "document" });
  return Promise.all(
    set.questions.map(async (question) => {
      const statistics = await lexical.documentFrequency(tokenize(question.text), { scope: "" });
      const [query] = await embedder.embed([question.text], { kind: "query", statistics });
      const hits = await lexical.query({ scope: "", text: question.text, k: candidates });
      return {
        question,
        lexical: new Map(hits.map(({ id, score }) => [Number(id), score])),
        vector: query === undefined ? new Map() : nearest(query, vectors),
      };
    }),
  );
}

function nearest(query: Float32Array, vectors: readonly Float32Array[]): Scores {
  return best(new Map(vectors.map((vector, i) => [i, dot(query, vector)])), candidates);
}

/** Cosine, as all vectors are of unit length. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function meanRecall(asked: readonly Asked[], weight: number): number {
  const total = asked.reduce((sum, one) => sum + recall(one, weight), 0);
  return (100 * total) / asked.length;
}

function recall({ question, lexical, vector }: Asked, weight: number): number {
  const found = best(fuse(vector, lexical, weight), answers);
  return question.relevant.filter((at) => found.has(at)).length / question.relevant.length;
}

/** weight · vector / max + (1 − weight) · lexical / max, as the store does it. */
function fuse(vector: Scores, lexical: Scores, weight: number): Scores {
  const fused = new Map<number, number>();
  for (const [leg, share] of [[vector, weight] as const, [lexical, 1 - weight] as const]) {
    const max = Math.max(...leg.values());
    for (const [at, score] of leg) fused.set(at, (fused.get(at) ?? 0) + (share * score) / max);
  }
  return fused;
}

function best(scores: Scores, count: number): Scores {
  const positive = [...scores].filter(([, score]) => score > 0);
  return new Map(positive.toSorted(([i, a], [j, b]) => b - a || i - j).slice(0, count));
}
