import { expect, test } from "vitest";
import { MemoryLexicalIndex } from "./lexical-index.ts";

const revision = { epoch: 0, counter: 1 };
const texts = { a: "sea sky sea", b: "sky", c: "hill hill hill hill" };

test("scores are BM25 with k1 = 1.2 and b = 0.75", async () => {
  const index = new MemoryLexicalIndex();
  await index.upsert(
    Object.entries(texts).map(([id, text]) => ({ scope: "", id, revision, text, metadata: {} })),
  );
  const [hit] = await index.query({ text: "sea", k: 1 });
  const idf = Math.log(1 + (3 - 1 + 0.5) / (1 + 0.5));
  const length = 0.25 + 0.75 * (3 / (8 / 3));
  expect(hit?.score).toBeCloseTo((idf * 2 * 2.2) / (2 + 1.2 * length), 10);
});
