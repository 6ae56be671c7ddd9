import { describe, expect, test } from "vitest";
import { gate as openable } from "../fixtures/gate.ts";
import { capital, proven, sameCapital, semantic } from "../fixtures/semantic-world.ts";

/** Asks a question and then one that means the same, in a partition of their own. */
async function pair(ask: ReturnType<typeof semantic>["ask"], i: number, second = "same") {
  await ask(capital, { parameters: i }, "same");
  return ask(sameCapital, { parameters: i }, second);
}

describe("in shadow", () => {
  test("nothing is served before enough answers were the same", async () => {
    const { ask, asked, answers } = semantic({
      shadow: { minSamples: 20, maxFalseHitRate: 0.15 },
    });
    for (let i = 0; i < 20; i++) await pair(ask, i);
    await answers.settled();
    expect(asked).toHaveLength(40);
    expect(answers.stats).toMatchObject({ samples: 20, falseHits: 0, served: 0, isServing: true });
    await pair(ask, 20);
    expect(asked).toHaveLength(41);
    expect(answers.stats.served).toBe(1);
  });

  test("nothing is ever served while too many differ, and callers get fresh answers", async () => {
    const { ask, answers } = semantic({ shadow: { minSamples: 10, maxFalseHitRate: 0.2 } });
    for (let i = 0; i < 40; i++) {
      const second = i % 4 === 0 ? "other" : "same";
      expect(await pair(ask, i, second)).toBe(second);
      await answers.settled();
    }
    expect(answers.stats).toMatchObject({
      samples: 40,
      falseHits: 10,
      served: 0,
      isServing: false,
    });
  });

  test("of the mode, nothing is served whatever was seen", async () => {
    const { ask, answers } = semantic({ mode: "shadow" });
    await pair(ask, 0);
    await answers.settled();
    expect(answers.stats).toMatchObject({ samples: 1_000, served: 0, isServing: false });
  });

  test("a thousand who ask at once make one call, one embedding and one sample", async () => {
    const { ask, asked, embedder, answers } = semantic({ shadow: { minSamples: 5 } });
    await ask(capital);
    await Promise.all(Array.from({ length: 1_000 }, () => ask(sameCapital)));
    await answers.settled();
    expect(asked).toEqual([capital, sameCapital]);
    expect(embedder.calls).toHaveLength(2);
    expect(answers.stats.samples).toBe(1);
  });

  test("a share goes on being compared, and serving ends when answers get worse", async () => {
    const { ask, answers } = semantic({
      auditRate: 0.5,
      random: () => 0,
      shadow: { ...proven, maxFalseHitRate: 0.01 },
    });
    expect(answers.stats.isServing).toBe(true);
    for (let i = 0; i < 12; i++) await pair(ask, i, "other");
    await answers.settled();
    expect(answers.stats).toMatchObject({ falseHits: 12, served: 0, isServing: false });
  });

  test("nobody waits for a comparison, and one that fails is no sample", async () => {
    const { opened, open } = openable();
    const { ask, answers } = semantic({
      shadow: { minSamples: 5 },
      same: async () => {
        await opened;
        throw new Error("the judge is away");
      },
    });
    expect(await pair(ask, 0)).toBe("same");
    open();
    await answers.settled();
    expect(answers.stats).toMatchObject({ samples: 0, comparisonErrors: 1 });
  });
});

test("statistics count a near hit once, a shadow answer not at all, and embeddings as cost", async () => {
  const serving = semantic({ embeddingCost: () => ({ tokens: 1, cost: 0.01 }) });
  await serving.ask(capital);
  await serving.ask(sameCapital);
  await serving.ask(capital);
  expect(serving.statistics.snapshot().classes["semantic"]).toMatchObject({
    hits: 1,
    nearHits: 1,
    misses: 1,
    fills: 1,
    savedCost: 1,
    spentCost: 0.02,
    spentTokens: 2,
    errors: 0,
  });
  const shadow = semantic({ shadow: { minSamples: 5 } });
  await shadow.ask(capital);
  await shadow.ask(sameCapital);
  expect(shadow.statistics.snapshot().classes["semantic"]).toMatchObject({
    hits: 0,
    nearHits: 0,
    misses: 2,
    fills: 2,
    savedCost: 0,
    savedTokens: 0,
  });
});
