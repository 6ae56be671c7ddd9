import { setTimeout as sleep } from "node:timers/promises";
import { hash } from "node:crypto";
import { simulateReadableStream } from "ai";
import { MockLanguageModelV4 } from "ai/test";

type Options = Parameters<MockLanguageModelV4["doGenerate"]>[0];
type StreamPart =
  Awaited<ReturnType<MockLanguageModelV4["doStream"]>>["stream"] extends ReadableStream<infer Part>
    ? Part
    : never;
type Usage = Awaited<ReturnType<MockLanguageModelV4["doGenerate"]>>["usage"];

/** Money per million tokens, as providers ask for a middle-sized model. */
export const price: { readonly input: number; readonly output: number } = { input: 3, output: 15 };

/** What was really asked for, and paid. */
export interface Paid {
  calls: number;
  cost: number;
}

/** Milliseconds that most calls take: a real model takes fifty times as long. */
const typicalDelay = 30;

export function answerTo(tenant: string, question: string): string {
  return `${tenant} is told about: ${question}`;
}

/** A model that takes its time and counts what it is paid. What a question costs depends on its text only. */
export function simulatedModel(tenant: string, paid: Paid): MockLanguageModelV4 {
  const finishReason = { unified: "stop", raw: "stop" } as const;
  const begin = async (options: Options) => {
    const question = questionOf(options);
    const draw = Number.parseInt(hash("sha256", question, "hex").slice(0, 8), 16) / 2 ** 32;
    const usage = usageOf(300 + Math.floor(draw * 1_500), 100 + Math.floor(draw * 400));
    paid.calls += 1;
    paid.cost += costOf(usage);
    await sleep(typicalDelay * (0.6 + draw), undefined, { signal: options.abortSignal });
    return { words: answerTo(tenant, question).split(/(?= )/), usage };
  };
  return new MockLanguageModelV4({
    provider: "simulated",
    modelId: "m",
    doGenerate: async (options) => {
      const { words, usage } = await begin(options);
      const content = [{ type: "text", text: words.join("") } as const];
      return { content, finishReason, usage, warnings: [] };
    },
    doStream: async (options) => {
      const { words, usage } = await begin(options);
      const deltas = words.map((delta): StreamPart => ({ type: "text-delta", id: "0", delta }));
      const chunks: StreamPart[] = [
        { type: "stream-start", warnings: [] },
        { type: "text-start", id: "0" },
        ...deltas,
        { type: "text-end", id: "0" },
        { type: "finish", usage, finishReason },
      ];
      return { stream: simulateReadableStream({ chunks, chunkDelayInMs: null }) };
    },
  });
}

function costOf({ inputTokens, outputTokens }: Usage): number {
  const input = (inputTokens.total ?? 0) * price.input;
  return (input + (outputTokens.total ?? 0) * price.output) / 1e6;
}

function usageOf(input: number, output: number): Usage {
  return {
    inputTokens: { total: input, noCache: input, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: output, reasoning: undefined },
  };
}

function questionOf({ prompt }: Options): string {
  const content = prompt.at(-1)?.content ?? "";
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
