import { APICallError, type LanguageModelV4GenerateResult } from "@ai-sdk/provider";
import { generateText } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { expect, test } from "vitest";
import { breakers } from "./breaker/registry.ts";
import { fallback } from "./fallback/fallback-policy.ts";
import { pipeline } from "./pipeline/pipeline.ts";
import { retry } from "./retry/retry-policy.ts";

const answer = (text: string): LanguageModelV4GenerateResult => ({
  content: [{ type: "text", text }],
  finishReason: { unified: "stop", raw: "stop" },
  usage: {
    inputTokens: { total: 3, noCache: 3, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 1, text: 1, reasoning: undefined },
  },
  warnings: [],
});

const apiError = (statusCode: number, headers: Record<string, string> = {}): APICallError =>
  new APICallError({
    message: "failed",
    url: "https://api.example.com",
    requestBodyValues: {},
    statusCode,
    responseHeaders: headers,
  });

/** Fails in the given ways, then answers. */
function model(text: string, ...failures: APICallError[]): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doGenerate: async () => {
      const failure = failures.shift();
      if (failure) throw failure;
      return answer(text);
    },
  });
}

test("generateText under a pipeline: retried as its headers say, then answered by the fallback's model", async () => {
  const models = {
    large: model("large", apiError(429, { "retry-after-ms": "1" }), apiError(529), apiError(529)),
    small: model("small"),
  };
  const policy = pipeline({
    fallback: fallback([{ name: "small", when: ["overloaded", "circuit-open"] }]),
    retry: retry({ attempts: 2, initialDelay: 0 }),
    breaker: breakers({ key: ({ step }) => step ?? "large", minimumCalls: 2 }),
  });
  const ask = async (): Promise<string> => {
    const { text } = await policy.execute(({ signal, step }) =>
      generateText({
        model: step === "small" ? models.small : models.large,
        prompt: "hi",
        abortSignal: signal,
        maxRetries: 0,
      }),
    );
    return text;
  };
  expect(await ask()).toBe("small");
  expect(models.large.doGenerateCalls).toHaveLength(2);
  expect(models.small.doGenerateCalls).toHaveLength(1);
});

test("an abort of the caller reaches the model's call", async () => {
  const caller = new AbortController();
  const hanging = new MockLanguageModelV4({
    doGenerate: ({ abortSignal }) =>
      new Promise((_, reject) => {
        abortSignal?.addEventListener("abort", () => reject(abortSignal.reason));
        caller.abort(new DOMException("left", "AbortError"));
      }),
  });
  const policy = pipeline({ fallback: fallback([{ name: "small" }]), retry: retry() });
  const asking = policy.execute(
    ({ signal }) =>
      generateText({ model: hanging, prompt: "hi", abortSignal: signal, maxRetries: 0 }),
    caller.signal,
  );
  await expect(asking).rejects.toMatchObject({ name: "AbortError" });
  expect(hanging.doGenerateCalls).toHaveLength(1);
});
