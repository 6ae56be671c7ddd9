import type { TokenCounter } from "@palimpsest/core";

/** Exact for the o200k_base family. Loaded on first use: its vocabulary is megabytes of code. */
export async function o200kCounter(): Promise<TokenCounter> {
  const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
  // Names of special tokens inside a text are text, as a model's API treats them.
  const asText = { disallowedSpecial: new Set<string>() };
  return { family: "o200k_base", count: (text) => countTokens(text, asText) };
}
