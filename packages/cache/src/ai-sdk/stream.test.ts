import type { LanguageModelV4StreamPart as Part } from "@ai-sdk/provider";
import { MemoryKeyValueStore } from "@palimpsest/core/memory";
import { streamText, wrapLanguageModel } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { describe, expect, test } from "vitest";
import { callOf, partsOf, readAll } from "../fixtures/mock-answers.ts";
import { controlled, paris, sending, setup, streamOf, tick } from "../fixtures/stream-world.ts";
import { TieredCache } from "../tiered-cache.ts";
import { cacheMiddleware } from "./cache-middleware.ts";

const spoil = async ({ stream }: { stream: ReadableStream<Part> }) => {
  for await (const part of stream) Object.assign(part, { type: "ping" });
};

describe("streamText", () => {
  test("replays the original parts in their order, and asks the model once", async () => {
    const { read, calls } = setup(sending(paris));
    expect(await read()).toEqual(paris);
    expect(await read()).toEqual(paris);
    expect(calls).toHaveLength(1);
  });

  test("gives its user the same deltas again", async () => {
    const { model, calls } = setup(sending(paris));
    const deltas = async () => readAll(streamText({ model, prompt: "a" }).textStream);
    expect(await deltas()).toEqual(["Par", "i", "s", " is it"]);
    expect(await deltas()).toEqual(["Par", "i", "s", " is it"]);
    expect(calls).toHaveLength(1);
  });

  test("passes parts on while they come: the first caller does not wait for the end", async () => {
    const upstream = controlled();
    const { model } = setup(upstream.doStream);
    const { stream } = await model.doStream(callOf("a"));
    const reader = stream.getReader();
    for (const part of paris.slice(0, 4)) {
      upstream.send(part);
      expect(await reader.read()).toEqual({ done: false, value: part });
    }
  });

  test("shares one call among all who ask while it runs, each with every part", async () => {
    const upstream = controlled();
    const { model, calls, statistics } = setup(upstream.doStream);
    const early = await model.doStream(callOf("a"));
    upstream.send(...paris.slice(0, 4));
    await tick();
    const late = await Promise.all([1, 2, 3].map(() => model.doStream(callOf("a"))));
    upstream.send(...paris.slice(4));
    upstream.close();
    for (const { stream } of [early, ...late]) expect(await readAll(stream)).toEqual(paris);
    expect(calls).toHaveLength(1);
    expect(statistics.snapshot().classes["llm"]).toMatchObject({ misses: 1, joins: 3 });
  });

  test("and generateText do not take each other's answers", async () => {
    const { read, model } = setup(sending(paris));
    await read();
    // The mock knows streams only: its refusal shows that it was asked.
    await expect(model.doGenerate(callOf("a"))).rejects.toThrow("Not implemented");
  });

  test("replays through a store in another process, dates included", async () => {
    const store = new MemoryKeyValueStore();
    const calls: number[] = [];
    for (let i = 0; i < 2; i++) {
      await using cache = new TieredCache({ store, deadline: 10_000 });
      const inner = new MockLanguageModelV4({ doStream: sending(paris) });
      const middleware = cacheMiddleware({ cache, scope: "ana", ttl: 60_000 });
      const model = wrapLanguageModel({ model: inner, middleware });
      expect(await readAll((await model.doStream(callOf("a"))).stream)).toEqual(paris);
      calls.push(inner.doStreamCalls.length);
    }
    expect(calls).toEqual([1, 0]);
  });

  test("serves a stale answer at once and refreshes it behind", async () => {
    const answers = [paris, partsOf(["Lyon"])];
    const { read, clock, calls } = setup(
      async () => ({ stream: streamOf(answers[Math.min(calls.length, 2) - 1] ?? []) }),
      { staleWhileRevalidate: 60_000 },
    );
    await read();
    await tick();
    clock.advance(60_001);
    expect(await read()).toEqual(paris);
    await tick();
    expect(await read()).toEqual(partsOf(["Lyon"]));
    expect(calls).toHaveLength(2);
  });

  test("counts what a replay saves", async () => {
    const { read, statistics } = setup(sending(paris), { price: { input: 1, output: 2 } });
    await read();
    await tick();
    await read();
    expect(statistics.snapshot().classes["llm"]).toMatchObject({
      hits: 1,
      savedTokens: 1_500,
      savedCost: 0.002,
    });
  });

  test("is unharmed by callers who change the parts that they got", async () => {
    const upstream = controlled();
    const { model, read } = setup(upstream.doStream);
    const early = spoil(await model.doStream(callOf("a")));
    upstream.send(...structuredClone(paris.slice(0, 4)));
    await tick();
    const late = await model.doStream(callOf("a"));
    upstream.send(...structuredClone(paris.slice(4)));
    upstream.close();
    await early;
    const latest = await model.doStream(callOf("a"));
    await spoil(latest);
    expect(await readAll(late.stream)).toEqual(paris);
    await tick();
    for (let i = 0; i < 2; i++) await spoil(await model.doStream(callOf("a")));
    expect(await read()).toEqual(paris);
  });
});

describe("a stream is not cached", () => {
  const lookedUp: Part = { type: "tool-result", toolCallId: "1", toolName: "web", result: "news" };
  const source: Part = { type: "source", sourceType: "url", id: "1", url: "https://a.example" };
  const approval: Part = { type: "tool-approval-request", approvalId: "1", toolCallId: "2" };
  const error: Part = { type: "error", error: new Error("overloaded") };

  test.each([
    ["with an error in it", [...paris.slice(0, 4), error, ...paris.slice(4)]],
    ["without an end", paris.slice(0, -1)],
    ["cut off by a filter", partsOf(["Par"], { unified: "content-filter", raw: "f" })],
    ["with a tool result of the provider", [...paris.slice(0, 2), lookedUp, ...paris.slice(2)]],
    ["with a source that was looked up", [...paris.slice(0, 2), source, ...paris.slice(2)]],
    ["with a question for approval", [...paris.slice(0, 2), approval, ...paris.slice(2)]],
  ])("%s", async (_, parts) => {
    const { read, calls } = setup(sending(parts));
    expect(await read()).toEqual(parts);
    await tick();
    expect(await read()).toEqual(parts);
    expect(calls).toHaveLength(2);
  });

  test("that broke: readers get its parts and its error", async () => {
    const upstream = controlled();
    const { model, calls } = setup(upstream.doStream);
    const readers = await Promise.all([1, 2].map(() => model.doStream(callOf("a"))));
    upstream.send(...paris.slice(0, 3));
    await tick();
    const broken = new Error("connection lost");
    upstream.fail(broken);
    for (const { stream } of readers) {
      const reader = stream.getReader();
      // However slow: the parts first, as from the model itself.
      for (const part of paris.slice(0, 3)) {
        expect(await reader.read()).toEqual({ done: false, value: part });
        await tick();
      }
      await expect(reader.read()).rejects.toBe(broken);
    }
    await model.doStream(callOf("a"));
    expect(calls).toHaveLength(2);
  });

  test("that did not begin: every caller gets the model's own error", async () => {
    const down = new Error("down");
    const { model, calls } = setup(async () => {
      throw down;
    });
    const settled = await Promise.allSettled([1, 2].map(() => model.doStream(callOf("a"))));
    for (const one of settled) expect(one).toEqual({ status: "rejected", reason: down });
    expect(calls).toHaveLength(1);
  });

  test("of a sample, or while its flag is off", async () => {
    const plain = setup(sending(paris));
    const sampled = callOf("a", { temperature: 1 });
    for (let i = 0; i < 2; i++) await readAll((await plain.model.doStream(sampled)).stream);
    expect(plain.calls).toHaveLength(2);
    const off = setup(sending(paris), { flags: { isCacheOn: () => false } });
    for (let i = 0; i < 2; i++) await off.read();
    expect(off.calls).toHaveLength(2);
  });
});
