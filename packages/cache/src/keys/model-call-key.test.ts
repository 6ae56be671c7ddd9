import { expect, test } from "vitest";
import { type ModelCall, modelCallKey } from "./model-call-key.ts";

const call: ModelCall = {
  scope: "acme",
  model: "openai:gpt-5",
  system: "Be brief.",
  messages: [{ role: "user", content: "What is tea?" }],
  temperature: 0,
};

test("everything that shapes the answer is part of the key", () => {
  const key = modelCallKey(call);
  expect(modelCallKey({ ...call })).toBe(key);
  const others: readonly Partial<ModelCall>[] = [
    { scope: "other" },
    { prefix: "chat" },
    { model: "openai:gpt-5-mini" },
    { system: "Be long." },
    { messages: [{ role: "assistant", content: "What is tea?" }] },
    { messages: [] },
    { tools: [{ type: "function", name: "search" }] },
    { temperature: undefined },
    { topP: 0.5 },
    { maxOutputTokens: 10 },
    { providerOptions: { openai: { reasoningEffort: "low" } } },
  ];
  const keys = others.map((other) => modelCallKey({ ...call, ...other }));
  expect(new Set([key, ...keys]).size).toBe(others.length + 1);
});

test("who asks and how it travels is not", () => {
  const key = modelCallKey(call);
  const travelling = {
    abortSignal: new AbortController().signal,
    headers: { "x-request": "1" },
    maxRetries: 3,
    requestId: "r1",
    user: "u1",
    timestamp: new Date(),
  };
  expect(modelCallKey({ ...call, ...travelling })).toBe(key);
  const messages = [{ id: "m1", createdAt: new Date(), role: "user", content: "What is tea?" }];
  expect(modelCallKey({ ...call, messages })).toBe(key);
});

test("the id of a tool shapes the answer, that of a message does not", () => {
  const [one, two] = ["a.search", "b.search"].map((id) =>
    modelCallKey({ ...call, tools: [{ type: "provider", id, args: {} }] }),
  );
  expect(one).not.toBe(two);
});

test("a call with a temperature above 0 has no key unless asked", () => {
  expect(modelCallKey({ ...call, temperature: 0.7 })).toBeUndefined();
  expect(modelCallKey({ ...call, temperature: 0.7 }, { sampled: true })).toBeDefined();
  expect(modelCallKey({ ...call, temperature: undefined })).toBeDefined();
});
