import type { TokenCounter } from "@palimpsest/core";
import { checkCount, invalid } from "./arguments.ts";
import type { CompileContextArguments, CompileContextOptions } from "./context-types.ts";

/** A request for a context, checked, defaults filled in. */
export interface CompileRequest {
  readonly texts: readonly string[];
  readonly recentLimit: number;
  readonly queryLimit: number;
  readonly limit: number;
  readonly formatAssistantMessages: boolean;
  readonly maxMessages: number;
  readonly budget: { readonly tokens: number; readonly counter: TokenCounter } | undefined;
  readonly legacyQueryOrder: boolean;
}

/**
 * Reads either call form; what is undefined takes its default.
 * @throws `E_INVALID_INPUT` naming the argument
 */
export function compileRequest(
  args: CompileContextArguments,
  settings: { readonly legacyQueryOrder?: boolean | undefined } = {},
): CompileRequest {
  const options = optionsOf(args);
  const { texts = [], recentLimit = 10, queryLimit = 5, limit = 20 } = options;
  const { formatAssistantMessages = false, maxMessages = Number.MAX_SAFE_INTEGER } = options;
  const { legacyQueryOrder = settings.legacyQueryOrder ?? false } = options;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === "string")) {
    throw invalid("texts must be an array of strings");
  }
  for (const [name, value] of Object.entries({ recentLimit, queryLimit, limit, maxMessages })) {
    checkCount(value, name, 0);
  }
  for (const [name, value] of Object.entries({ formatAssistantMessages, legacyQueryOrder })) {
    if (typeof value !== "boolean") throw invalid(`${name} must be true or false`);
  }
  return {
    texts,
    recentLimit,
    queryLimit,
    limit,
    formatAssistantMessages,
    maxMessages,
    budget: budgetOf(options),
    legacyQueryOrder,
  };
}

function optionsOf(args: CompileContextArguments): CompileContextOptions {
  if (isOptions(args)) return args[0];
  const [texts, recentLimit, queryLimit, limit, formatAssistantMessages] = args;
  return { texts, recentLimit, queryLimit, limit, formatAssistantMessages };
}

function isOptions(args: CompileContextArguments): args is [options: CompileContextOptions] {
  const [first] = args;
  return typeof first === "object" && first !== null && !Array.isArray(first);
}

function budgetOf({ budget, counter }: CompileContextOptions): CompileRequest["budget"] {
  if (budget === undefined) return undefined;
  checkCount(budget, "budget", 0);
  if (counter === undefined) throw invalid("a budget needs a counter of tokens");
  return { tokens: budget, counter };
}
