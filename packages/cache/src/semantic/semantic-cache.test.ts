import { PalimpsestError } from "@palimpsest/core";
import { describe, expect, test } from "vitest";
import { gate as openable } from "../fixtures/gate.ts";
import { adversarialPairs, paraphrases } from "../fixtures/question-pairs.ts";
import { capital, options, sameCapital, semantic } from "../fixtures/semantic-world.ts";
import type { TieredCache } from "../tiered-cache.ts";
import type { SemanticCacheOptions } from "./semantic-options.ts";

describe("an answer is served", () => {
  test("to the same question, without an embedding", async () => {
    const { ask, asked, embedder } = semantic();
    expect([await ask(capital), await ask(capital)]).toEqual([`to ${capital}`, `to ${capital}`]);
    expect(asked).toEqual([capital]);
    expect(embedder.calls).toHaveLength(1);
  });

  test("to one that means the same", async () => {
    const { ask, asked, answers } = semantic();
    await ask(capital);
    expect(await ask(sameCapital)).toBe(`to ${capital}`);
    expect(asked).toEqual([capital]);
    expect(answers.stats).toMatchObject({ served: 1, entries: 1, isServing: true });
  });

  test("of the nearest question, not of the first that is near enough", async () => {
    let isOpen = false;
    const { ask } = semantic({ gate: () => isOpen });
    await ask("Please, please tell me the capital of France!");
    await ask("What is the capital of France");
    isOpen = true;
    expect(await ask(capital)).toBe("to What is the capital of France");
  });

  test("of the nearest that may answer, when a nearer one may not", async () => {
    const { ask } = semantic();
    await ask("What is the capital of Francia?");
    await ask(sameCapital);
    expect(await ask(capital)).toBe(`to ${sameCapital}`);
  });

  test("only from the threshold on: the higher, the stricter", async () => {
    for (const [threshold, expected] of [
      [0.6, 1],
      [0.999, 2],
    ] as const) {
      const { ask, asked } = semantic({ threshold });
      await ask(capital);
      await ask(sameCapital);
      expect(asked).toHaveLength(expected);
    }
  });

  test.each([
    ["tenant", { scope: "ben" }],
    ["model", { model: "other" }],
    ["system prompt", { system: "be long" }],
    ["parameters", { parameters: { temperature: 0, tools: ["search"] } }],
  ])("never across another %s", async (_, other) => {
    const { ask, asked } = semantic();
    await ask(capital);
    await ask(sameCapital, other);
    await ask(capital, other);
    expect(asked).toEqual([capital, sameCapital]);
  });
});

async function servedOf(list: typeof paraphrases, more: Partial<SemanticCacheOptions<string>>) {
  let served = 0;
  for (const [a, b] of list) {
    const { ask, answers } = semantic({ threshold: 0.8, ...more });
    await ask(a);
    await ask(b);
    served += answers.stats.served;
  }
  return served;
}

describe("adversarial questions", () => {
  const pairs = Object.values(adversarialPairs).flat();

  test("a cosine of 0.8 alone serves every one of them, the gate none", async () => {
    expect(pairs.length).toBeGreaterThan(40);
    expect(await servedOf(pairs, { gate: () => true })).toBe(pairs.length);
    expect(await servedOf(pairs, {})).toBe(0);
  });

  test("paraphrases are served", async () => {
    expect(await servedOf(paraphrases, { threshold: 0.5 })).toBe(paraphrases.length);
  });
});

describe("an answer that is gone is not served", () => {
  test("after its time, and is counted as one miss", async () => {
    const { ask, asked, clock, statistics } = semantic();
    await ask(capital);
    clock.advance(60_001);
    await ask(sameCapital);
    expect(asked).toHaveLength(2);
    expect(statistics.snapshot().classes["semantic"]).toMatchObject({ misses: 2, hits: 0 });
  });

  test.each([
    ["clear", (cache: TieredCache) => cache.clear()],
    ["its prefix", (cache: TieredCache) => cache.invalidatePrefix("ana", "semantic")],
  ])("after %s, and another one takes its place", async (_, invalidate) => {
    const { ask, asked, cache, answers } = semantic();
    await ask(capital);
    await invalidate(cache);
    await ask(sameCapital);
    expect(asked).toHaveLength(2);
    expect(await ask(capital)).toBe(`to ${sameCapital}`);
    expect(answers.stats.entries).toBe(1);
  });

  test("a near answer is not stored again under the other question: it lives no longer for it", async () => {
    const { ask, asked, clock } = semantic();
    await ask(capital);
    clock.advance(59_000);
    await ask(sameCapital);
    clock.advance(2_000);
    await ask(sameCapital);
    expect(asked).toEqual([capital, sameCapital]);
  });
});

const failingGate = (): boolean => {
  throw new Error("no gate");
};

describe("what fails", () => {
  test("an embedder costs the near answer only", async () => {
    const { ask, asked, embedder, answers } = semantic();
    embedder.embed = () => Promise.reject(new PalimpsestError("E_EMBEDDING_FAILED", "away"));
    expect(await ask(capital)).toBe(`to ${capital}`);
    expect(await ask(capital)).toBe(`to ${capital}`);
    expect(asked).toHaveLength(1);
    expect(answers.stats).toMatchObject({ embeddingErrors: 1, entries: 0 });
  });

  test("a fill throws its own error and leaves nothing behind", async () => {
    const { answers, ask, asked } = semantic();
    const error = new Error("the model is away");
    const request = { scope: "ana", model: "m", system: "be brief", text: capital };
    const failing = answers.getOrSet(request, () => Promise.reject(error), options);
    await expect(failing).rejects.toBe(error);
    expect(answers.stats.entries).toBe(0);
    await ask(sameCapital);
    expect(asked).toEqual([sameCapital]);
  });

  test("a caller who left while the question was embedded pays for no model call", async () => {
    const { answers, embedder } = semantic();
    const controller = new AbortController();
    const { opened, open } = openable();
    embedder.embed = async () => {
      await opened;
      return [new Float32Array(embedder.dimension).fill(1)];
    };
    let calls = 0;
    const call = answers.getOrSet(
      { scope: "", model: "m", text: capital },
      async () => String(++calls),
      { ...options, signal: controller.signal },
    );
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "E_ABORTED" });
    open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(0);
  });

  test("an embedder that gives another dimension costs no answer that was paid for", async () => {
    const { ask, asked, embedder, answers } = semantic({ maxEntries: 1 });
    embedder.embed = async () => [new Float32Array(embedder.dimension + 1).fill(1)];
    expect(await ask(capital)).toBe(`to ${capital}`);
    expect(asked).toEqual([capital]);
    expect(answers.stats).toMatchObject({ embeddingErrors: 1, entries: 0 });
  });

  test("a gate that throws lets nothing pass, and the model answers", async () => {
    const { ask, answers } = semantic({ gate: failingGate });
    await ask(capital);
    expect(await ask(sameCapital)).toBe(`to ${sameCapital}`);
    expect(answers.stats).toMatchObject({ served: 0, gateErrors: 1 });
  });

  test.each([
    ...[0, -1, 1.1, Number.NaN].map((threshold) => ({ threshold })),
    ...[-0.1, 1.1, Number.NaN].map((auditRate) => ({ auditRate })),
    ...[0, Number.NaN].map((maxEntries) => ({ maxEntries })),
    { maxBytes: 0 },
    ...["shadwo", "", null].map((mode) => ({ mode: mode as "shadow" })),
    { maxTextLength: -1 },
  ])("%o is refused", (wrong) => {
    expect(() => semantic(wrong)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
  });
});

test("a refresh asks the model for this very question, and embeds nothing that is known", async () => {
  const { ask, answers, asked, embedder } = semantic();
  await ask(capital);
  // Not yet known, so it would be served from the one above.
  const request = { scope: "ana", model: "m", system: "be brief", text: sameCapital };
  const fresh = () =>
    answers.getOrSet(request, async () => "fresh", { ...options, refresh: true, background: true });
  expect(await fresh()).toBe("fresh");
  expect(await ask(sameCapital)).toBe("fresh");
  expect(embedder.calls).toHaveLength(2);
  await fresh();
  expect(embedder.calls).toHaveLength(2);
  expect(asked).toEqual([capital]);
  expect(answers.stats).toMatchObject({ served: 0, entries: 2 });
});

test("long texts are answered exactly only", async () => {
  const { ask, embedder, asked } = semantic({ maxTextLength: 20 });
  await ask(capital);
  await ask(capital);
  expect(embedder.calls).toEqual([]);
  expect(asked).toHaveLength(1);
});

test("entries are bounded per partition, vectors in all", async () => {
  const few = semantic({ maxEntries: 3 });
  for (let i = 0; i < 10; i++) await few.ask(`question number ${i} about tea`);
  expect(few.answers.stats.entries).toBe(3);
  const row = few.embedder.dimension * 4;
  const small = semantic({ maxBytes: 16 * row });
  for (let i = 0; i < 10; i++) await small.ask(capital, { parameters: i });
  expect(small.answers.stats.entries).toBe(1);
});
