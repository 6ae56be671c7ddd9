import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import type { Savings } from "../cache.ts";

/** What `generateText` gets again. How the first one travelled is left out: headers, bodies. */
export type StoredAnswer = Omit<LanguageModelV4GenerateResult, "request" | "response"> & {
  readonly response?: Pick<
    NonNullable<LanguageModelV4GenerateResult["response"]>,
    "id" | "timestamp" | "modelId"
  >;
};

/** Money per million tokens, in the currency that the application counts in. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Of input that the provider read from its own cache. @defaultValue as `input` */
  readonly cachedInput?: number;
}

export function storedAnswer(result: LanguageModelV4GenerateResult): StoredAnswer {
  const { request: _request, response, ...answer } = result;
  if (response === undefined) return structuredClone(answer);
  const { id, timestamp, modelId } = response;
  return structuredClone({
    ...answer,
    response: {
      ...(id !== undefined && { id }),
      ...(timestamp !== undefined && { timestamp }),
      ...(modelId !== undefined && { modelId }),
    },
  });
}

/** Whether the answer follows from the call and is whole, so that another caller may get it. */
export function isWholeAnswer({ content, finishReason }: StoredAnswer): boolean {
  return isFinal(finishReason) && !content.some(isFromOutside);
}

export function isWholeStream(parts: readonly LanguageModelV4StreamPart[]): boolean {
  const finish = finishOf(parts);
  return (
    finish !== undefined &&
    isFinal(finish.finishReason) &&
    !parts.some((part) => part.type === "error" || isFromOutside(part))
  );
}

/** What an answer would have cost again. */
export function answerSavings(usage: LanguageModelV4Usage, price: ModelPrice | undefined): Savings {
  const input = usage.inputTokens.total ?? 0;
  const output = usage.outputTokens.total ?? 0;
  if (price === undefined) return { tokens: input + output };
  const cached = Math.min(input, usage.inputTokens.cacheRead ?? 0);
  const cost =
    (input - cached) * price.input +
    cached * (price.cachedInput ?? price.input) +
    output * price.output;
  return { tokens: input + output, cost: cost / 1e6 };
}

export function streamSavings(
  parts: readonly LanguageModelV4StreamPart[],
  price: ModelPrice | undefined,
): Savings | undefined {
  const finish = finishOf(parts);
  return finish && answerSavings(finish.usage, price);
}

function finishOf(parts: readonly LanguageModelV4StreamPart[]) {
  return parts.find((part) => part.type === "finish");
}

/** A filter's or a failure's answer may be another one next time. */
function isFinal({ unified }: LanguageModelV4FinishReason): boolean {
  return unified === "stop" || unified === "length" || unified === "tool-calls";
}

/**
 * The model's own tool calls follow from the prompt; what a tool of the provider found does not, nor does a
 * question for approval, which can be answered once.
 */
function isFromOutside(part: LanguageModelV4Content | LanguageModelV4StreamPart): boolean {
  return (
    part.type === "tool-result" ||
    part.type === "tool-approval-request" ||
    part.type === "source" ||
    (part.type === "tool-call" && part.providerExecuted === true)
  );
}
