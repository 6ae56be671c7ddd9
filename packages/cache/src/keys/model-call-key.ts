import { type CacheKey, cacheKey } from "../cache-key.ts";
import { CanonicalText } from "./canonical-text.ts";

/** A call of a language model, by whatever names its provider gives the parameters. */
export interface ModelCall {
  /** The tenant; `""` in an application that has only one. */
  readonly scope: string;
  /** @defaultValue `"llm"` */
  readonly prefix?: string;
  /** Provider and model: two deployments that answer differently need two names. */
  readonly model: string;
  readonly system?: unknown;
  readonly messages?: readonly unknown[];
  readonly tools?: unknown;
  readonly temperature?: number | undefined;
  readonly [parameter: string]: unknown;
}

export interface ModelCallKeyOptions {
  /** Also gives calls with a temperature above 0 a key: all who ask then share one sample. @defaultValue false */
  readonly sampled?: boolean;
}

/** Says who calls and how it travels, not what is asked. */
const volatileParameters: ReadonlySet<string> = new Set([
  "abortSignal",
  "headers",
  "maxRetries",
  "metadata",
  "requestId",
  "signal",
  "timeout",
  "timestamp",
  "traceId",
  "user",
]);

/** What interfaces add to a message for themselves. */
const volatileMembers: ReadonlySet<string> = new Set(["id", "createdAt", "timestamp"]);

const conversation = new CanonicalText(volatileMembers);

/**
 * The key of a model call: everything that shapes the answer is part of it. Left out are
 * `abortSignal`, `signal`, `headers`, `maxRetries`, `timeout`, `metadata`, `requestId`, `traceId`,
 * `user`, `timestamp`, and of messages `id`, `createdAt` and `timestamp`.
 * A call that names no temperature is cached, though some providers then sample: name it to decide.
 * @returns undefined when the call is not to be cached: its temperature is above 0
 * @throws `E_INVALID_INPUT` for what has no stable text, such as a tool's function
 */
export function modelCallKey(
  call: ModelCall,
  options: ModelCallKeyOptions = {},
): CacheKey | undefined {
  const { scope, prefix = "llm", messages, ...parameters } = call;
  if ((call.temperature ?? 0) > 0 && options.sampled !== true) return undefined;
  const shaping = Object.fromEntries(
    Object.entries(parameters).filter(([name]) => !volatileParameters.has(name)),
  );
  return cacheKey({ scope, prefix, parts: [shaping, conversation.of(messages ?? null)] });
}
