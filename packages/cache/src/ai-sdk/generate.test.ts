import type { LanguageModelV4GenerateResult } from "@ai-sdk/provider";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import { TestClock } from "@palimpsest/core/testing";
import { generateText, wrapLanguageModel } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { describe, expect, test } from "vitest";
import { gate } from "../fixtures/gate.ts";
import { answerOf, callOf, text, usage } from "../fixtures/mock-answers.ts";
import { CacheStatistics } from "../statistics/cache-statistics.ts";
import { TieredCache } from "../tiered-cache.ts";
import { cacheMiddleware, type CacheMiddlewareOptions } from "./cache-middleware.ts";

type Options = Partial<CacheMiddlewareOptions>;

function setup(
  answer: MockLanguageModelV4["doGenerate"] | LanguageModelV4GenerateResult,
  options: Options = {},
) {
  const statistics = new CacheStatistics();
  const clock = new TestClock();
  const cache = new TieredCache({ clock, onEvent: statistics.record });
  const inner = new MockLanguageModelV4({ doGenerate: answer });
  const middleware = cacheMiddleware({ cache, scope: "ana", ttl: 60_000, jitter: 0, ...options });
  return {
    cache,
    clock,
    statistics,
    calls: inner.doGenerateCalls,
    model: wrapLanguageModel({ model: inner, middleware }),
  };
}

/** Another answer each time, so that a repeated one must be the cache's. */
function counting(make: (n: number) => LanguageModelV4GenerateResult) {
  let n = 0;
  return async () => make(++n);
}

const numbered = counting((n) => answerOf([text(`answer ${n}`)]));

describe("generateText", () => {
  test("asks the model once for the same call, and gives its answer and usage again", async () => {
    const { model, calls } = setup(answerOf([text("Paris")]));
    const ask = () => generateText({ model, prompt: "Capital of France?" });
    const [first, second] = [await ask(), await ask()];
    expect([first.text, second.text]).toEqual(["Paris", "Paris"]);
    expect(second.usage).toEqual(first.usage);
    expect(calls).toHaveLength(1);
  });

  test("asks again for whatever shapes an answer, and not for headers and signals", async () => {
    const { model, calls } = setup(counting((n) => answerOf([text(`${n}`)])));
    const tool = { type: "function", name: "t", inputSchema: { type: "object" } } as const;
    const shaping = [
      callOf("a"),
      callOf("b"),
      callOf("a", { temperature: 0 }),
      callOf("a", { maxOutputTokens: 5 }),
      callOf("a", { seed: 1 }),
      callOf("a", { tools: [tool] }),
      callOf("a", { responseFormat: { type: "json" } }),
      callOf("a", { providerOptions: { openai: { user: "x" } } }),
      { prompt: [{ role: "system" as const, content: "be brief" }, ...callOf("a").prompt] },
    ];
    for (const call of [...shaping, ...shaping]) await model.doGenerate(call);
    expect(calls).toHaveLength(shaping.length);
    const { signal } = new AbortController();
    await model.doGenerate(callOf("a", { headers: { "x-request": "7" }, abortSignal: signal }));
    expect(calls).toHaveLength(shaping.length);
  });

  test("asks again for another model, provider or tenant", async () => {
    const cache = new TieredCache();
    const asked: string[] = [];
    const modelOf = (provider: string, modelId: string, scope: string) => {
      const doGenerate = async () => {
        asked.push(`${provider}/${modelId} for ${scope}`);
        return answerOf([text("x")]);
      };
      return wrapLanguageModel({
        model: new MockLanguageModelV4({ provider, modelId, doGenerate }),
        middleware: cacheMiddleware({ cache, scope, ttl: 60_000 }),
      });
    };
    const models = [
      modelOf("p", "m", "ana"),
      modelOf("p", "n", "ana"),
      modelOf("q", "m", "ana"),
      modelOf("p", "m", "ben"),
    ];
    for (const model of [...models, ...models]) await model.doGenerate(callOf("a"));
    expect(asked).toHaveLength(models.length);
  });

  test("asks for the tenant of each call when the scope is a function", async () => {
    const { model, calls } = setup(numbered, {
      scope: ({ headers }) => headers?.["x-tenant"] ?? "",
    });
    for (const tenant of ["ana", "ben", "ana", "ben"]) {
      await model.doGenerate(callOf("a", { headers: { "x-tenant": tenant } }));
    }
    expect(calls).toHaveLength(2);
  });

  test("does not cache samples, unless asked to", async () => {
    const sampled = callOf("a", { temperature: 0.7 });
    const plain = setup(numbered);
    await plain.model.doGenerate(sampled);
    await plain.model.doGenerate(sampled);
    expect(plain.calls).toHaveLength(2);
    const shared = setup(numbered, { sampled: true });
    await shared.model.doGenerate(sampled);
    await shared.model.doGenerate(sampled);
    expect(shared.calls).toHaveLength(1);
  });

  test("gives a thousand who ask at once one call's answer, each a copy of its own", async () => {
    const { model, calls } = setup(answerOf([text("Paris")]));
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, () => model.doGenerate(callOf("a"))),
    );
    expect(calls).toHaveLength(1);
    for (const { content } of answers) content.length = 0;
    expect((await model.doGenerate(callOf("a"))).content).toEqual([text("Paris")]);
  });

  test("keeps files, dates and metadata through a store that another process reads", async () => {
    const store = new MemoryKeyValueStore();
    const file = {
      type: "file",
      mediaType: "image/png",
      data: { type: "data", data: new Uint8Array([1, 2, 250]) },
    } as const;
    const made = answerOf([text("here"), file], {
      providerMetadata: { p: { cached: true } },
      response: { id: "r", timestamp: new Date(5), modelId: "m", headers: { a: "b" }, body: {} },
      request: { body: { secret: 1 } },
    });
    const answers = [];
    for (let i = 0; i < 2; i++) {
      await using cache = new TieredCache({ store, deadline: 10_000 });
      const model = wrapLanguageModel({
        model: new MockLanguageModelV4({ doGenerate: made }),
        middleware: cacheMiddleware({ cache, scope: "ana", ttl: 60_000 }),
      });
      answers.push(await model.doGenerate(callOf("a")));
    }
    expect(answers[0]).toEqual(made);
    const { request: _, response, ...rest } = made;
    const { id, timestamp, modelId } = response ?? {};
    expect(answers[1]).toEqual({ ...rest, response: { id, timestamp, modelId } });
  });
});

describe("is not cached", () => {
  test.each([
    ["an answer cut off by a filter", { finishReason: { unified: "content-filter", raw: "f" } }],
    ["an answer that ended in an error", { finishReason: { unified: "error", raw: "e" } }],
    ["an interrupted answer", { finishReason: { unified: "interrupted", raw: undefined } }],
    [
      "what a tool of the provider looked up",
      {
        content: [
          {
            type: "tool-call",
            toolCallId: "1",
            toolName: "web",
            input: "{}",
            providerExecuted: true,
          },
          { type: "tool-result", toolCallId: "1", toolName: "web", result: "today's news" },
          text("news"),
        ],
      },
    ],
  ] satisfies [string, Partial<LanguageModelV4GenerateResult>][])("%s", async (_, more) => {
    const { model, calls, statistics } = setup(answerOf([text("x")], more), {
      negativeTtl: () => 60_000,
    });
    const expected = answerOf([text("x")], more);
    expect(await model.doGenerate(callOf("a"))).toEqual(expected);
    expect(await model.doGenerate(callOf("a"))).toEqual(expected);
    expect(calls).toHaveLength(2);
    expect(statistics.snapshot().classes["llm"]).toMatchObject({ unstored: 2, errors: 0 });
  });

  test("an error, which is the model's own for all who asked", async () => {
    const error = new Error("overloaded");
    const { model, calls } = setup(async () => {
      throw error;
    });
    const settled = await Promise.allSettled([1, 2, 3].map(() => model.doGenerate(callOf("a"))));
    for (const one of settled) expect(one).toEqual({ status: "rejected", reason: error });
    expect(calls).toHaveLength(1);
  });

  test("anything while its flag is off", async () => {
    const { model, calls } = setup(numbered, { flags: { isCacheOn: async () => false } });
    await model.doGenerate(callOf("a"));
    await model.doGenerate(callOf("a"));
    expect(calls).toHaveLength(2);
  });

  test("for a user out of the rollout, who is told from the call", async () => {
    const asked: string[] = [];
    const isCacheOn = (user: string) => asked.push(user) > 0 && user === "in";
    const { model, calls } = setup(numbered, {
      flags: { isCacheOn },
      targetingKey: ({ providerOptions }) => String(providerOptions?.["app"]?.["user"]),
    });
    for (const user of ["in", "in", "out", "out"]) {
      await model.doGenerate(callOf("a", { providerOptions: { app: { user } } }));
    }
    expect(calls).toHaveLength(3);
    expect(asked).toEqual(["in", "in", "out", "out"]);
  });
});

test("the model's own tool calls are cached: they follow from the prompt, and the tool runs again", async () => {
  const call = { type: "tool-call", toolCallId: "1", toolName: "weather", input: '{"in":"Oslo"}' };
  const { model, calls } = setup(
    answerOf([call as LanguageModelV4GenerateResult["content"][number]], {
      finishReason: { unified: "tool-calls", raw: "tool_calls" },
    }),
  );
  await model.doGenerate(callOf("a"));
  expect((await model.doGenerate(callOf("a"))).content).toEqual([call]);
  expect(calls).toHaveLength(1);
});

test("one caller's abort ends its own wait, the last one's ends the call", async () => {
  const { opened, open } = gate();
  const signals: (AbortSignal | undefined)[] = [];
  const { model } = setup(async ({ abortSignal }) => {
    signals.push(abortSignal);
    await opened;
    return answerOf([text("x")]);
  });
  const [a, b] = [new AbortController(), new AbortController()];
  const first = model.doGenerate(callOf("a", { abortSignal: a.signal }));
  const second = model.doGenerate(callOf("a", { abortSignal: b.signal }));
  const settled = Promise.allSettled([first, second]);
  await new Promise((resolve) => setImmediate(resolve));
  const reason = new DOMException("gone", "AbortError");
  a.abort(reason);
  await expect(first).rejects.toBe(reason);
  expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
  b.abort();
  await settled;
  expect(signals[0]?.aborted).toBe(true);
  open();
});

test("hits count tokens, and money by the price, cached input at its own", async () => {
  const price = { input: 3, output: 15, cachedInput: 0.3 };
  const { model, statistics } = setup(answerOf([text("x")]), { price });
  for (let i = 0; i < 3; i++) await model.doGenerate(callOf("a"));
  const { savedTokens = 0, savedCost = 0 } = statistics.snapshot().classes["llm"] ?? {};
  expect(savedTokens).toBe(2 * 1_500);
  expect(savedCost).toBeCloseTo((2 * (600 * 3 + 400 * 0.3 + 500 * 15)) / 1e6, 12);
  expect(usage.inputTokens.cacheRead).toBe(400);
});
