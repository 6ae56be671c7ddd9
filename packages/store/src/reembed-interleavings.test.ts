import { describeKey } from "@palimpsest/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryParts } from "./fixtures/memory-parts.ts";
import { WordEmbedder } from "./fixtures/word-embedder.ts";
import type { SemanticStore } from "./semantic-store.ts";

type Step = { readonly by: number; readonly id: number; readonly text: string | undefined };

test("whatever is written around a re-embedding, the new index is the documents afterwards", async () => {
  const step: fc.Arbitrary<Step> = fc.record({
    by: fc.nat(2),
    id: fc.nat(3),
    text: fc.constantFrom("", "apple", "pear", "plum", undefined),
  });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 12 }), async (s, steps) => {
      const parts = await memoryParts();
      const store = await parts.open();
      await store.upsertMany([
        { id: "d0", text: "one" },
        { id: "d1", text: "two" },
      ]);
      const others = [await parts.open(), await parts.open({ consistency: "eventual" })];
      const writers = [store, ...others];
      const embedder = new WordEmbedder("better");
      const pause = async (): Promise<void> => s.schedule(Promise.resolve());
      for (const each of [embedder, parts.embedder]) each.before = pause;
      parts.vectors.beforeUpsert = pause;
      const jobs = steps.map(({ by, id, text }) =>
        s.schedule(Promise.resolve()).then(async (): Promise<unknown> => {
          const writer = writers[by] as SemanticStore;
          return text === undefined
            ? writer.delete({ id: `d${id}` })
            : writer.upsert({ id: `d${id}`, text });
        }),
      );
      const reembedding = s
        .schedule(Promise.resolve())
        .then(() => store.reembed({ embedder, engine: parts.engine, batchSize: 1 }));
      await s.waitFor(Promise.allSettled([...jobs, reembedding]));
      expect(await reembedding).toMatchObject({ switched: true });
      for (const each of [embedder, parts.embedder]) each.before = () => undefined;
      parts.vectors.beforeUpsert = () => undefined;
      parts.clock.advance(86_400_000);
      const reopened = await parts.open({
        embedder,
        vectors: await parts.engine.openVectors(embedder),
      });
      expect((await reopened.flush()).pending).toBe(0);
      const report = await reopened.checkConsistency();
      expect(report.problems.map((p) => `${p.kind} ${describeKey(p)}`)).toEqual([]);
      expect(report.healthy).toBe(true);
    }),
    { numRuns: 200 },
  );
});
