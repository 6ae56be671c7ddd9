import {
  type Context,
  countTokens,
  PalimpsestError,
  type SearchHit,
  type TokenCounter,
} from "@palimpsest/core";

/** Tokens that a joint between two lines may save over the sum of its parts. */
const slack = 2;

/**
 * Whole hits, best first, one line `[id] text` each; line breaks inside are shown as `⏎`. A hit
 * that does not fit is left out and counted, smaller ones may follow.
 */
export function buildContext(
  hits: readonly SearchHit[],
  budget: number,
  counter: TokenCounter,
): Context {
  checkBudget(budget);
  const taken: { hit: SearchHit; line: string }[] = [];
  let tokens = 0;
  for (const hit of hits) {
    const line = `[${oneLine(hit.id)}] ${oneLine(hit.text)}`;
    const cost = countTokens(counter, taken.length === 0 ? line : `\n${line}`);
    if (tokens + cost <= budget) {
      tokens += cost;
    } else if (tokens + cost <= budget + slack * (taken.length + 1)) {
      // Near the edge only the whole text decides: tokens may merge across lines.
      const exact = countTokens(counter, join([...taken, { line }]));
      if (exact > budget) continue;
      tokens = exact;
    } else {
      continue;
    }
    taken.push({ hit, line });
  }
  return fit(taken, hits.length, budget, counter);
}

/** The last word is the count of the whole text: line by line is only an estimate of it. */
function fit(
  taken: { hit: SearchHit; line: string }[],
  found: number,
  budget: number,
  counter: TokenCounter,
): Context {
  let text = join(taken);
  let tokens = countTokens(counter, text);
  while (tokens > budget && taken.length > 0) {
    taken.pop();
    text = join(taken);
    tokens = countTokens(counter, text);
  }
  return {
    text,
    tokens,
    hits: taken.map(({ hit }) => hit),
    omitted: found - taken.length,
  };
}

export function checkBudget(budget: number): void {
  if (!Number.isSafeInteger(budget) || budget < 0) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `budget must be a whole number of tokens, 0 or more, got ${String(budget)}`,
    );
  }
}

function join(lines: readonly { readonly line: string }[]): string {
  return lines.map(({ line }) => line).join("\n");
}

function oneLine(text: string): string {
  return text.replaceAll(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/g, "⏎");
}
