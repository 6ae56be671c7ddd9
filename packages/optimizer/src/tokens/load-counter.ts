import { PalimpsestError, type TokenCounter } from "@palimpsest/core";
import { shown } from "../value-words.ts";
import { countMerged, type Ranks } from "./byte-pair-merge.ts";
import { hasLongRun } from "./long-run.ts";

/** Vocabularies that are counted exactly. */
export type ExactFamily = "o200k_base" | "cl100k_base";

export const exactFamilies: readonly ExactFamily[] = ["o200k_base", "cl100k_base"];

interface Vocabulary {
  readonly countTokens: (text: string, options: { disallowedSpecial: Set<string> }) => number;
  readonly tokens: readonly (string | readonly number[] | undefined)[];
  readonly split: RegExp;
}

/** Past this length of a piece the library's quadratic merge costs more than our own. */
const longest = 128;

/**
 * Exact counts for a family's vocabulary, which is megabytes of code and loaded on first use. Names
 * of special tokens inside a text are text, as a model's API treats them. The time is n log n also
 * for a text without any word boundary; a word of more than a million characters is cut there, and
 * may count a token more.
 * @throws `E_INVALID_INPUT` for an unknown family
 */
export async function loadCounter(family: ExactFamily): Promise<TokenCounter> {
  const vocabulary = await load(family);
  const asText = { disallowedSpecial: new Set<string>() };
  const count = (text: string): number =>
    hasLongRun(text, longest)
      ? countPieces(text, vocabulary.split, ranksOf(family, vocabulary))
      : vocabulary.countTokens(text, asText);
  return { family, count };
}

async function load(family: ExactFamily): Promise<Vocabulary> {
  switch (family) {
    case "o200k_base": {
      const [encoding, ranks, patterns] = await Promise.all([
        import("gpt-tokenizer/encoding/o200k_base"),
        import("gpt-tokenizer/bpeRanks/o200k_base"),
        import("gpt-tokenizer/encodingParams/constants"),
      ]);
      const split = patterns.O200K_TOKEN_SPLIT_REGEX;
      return { countTokens: encoding.countTokens, tokens: ranks.default, split };
    }
    case "cl100k_base": {
      const [encoding, ranks, patterns] = await Promise.all([
        import("gpt-tokenizer/encoding/cl100k_base"),
        import("gpt-tokenizer/bpeRanks/cl100k_base"),
        import("gpt-tokenizer/encodingParams/constants"),
      ]);
      const split = patterns.CL100K_TOKEN_SPLIT_REGEX;
      return { countTokens: encoding.countTokens, tokens: ranks.default, split };
    }
    default:
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `no vocabulary ${shown(family)} to count exactly; choose ${exactFamilies.join(" or ")}, or an estimate`,
      );
  }
}

function countPieces(text: string, split: RegExp, ranks: Ranks): number {
  let tokens = 0;
  for (const match of piecesOf(text, split)) {
    const piece = bytesOf(match);
    tokens += ranks.has(piece) ? 1 : countMerged(piece, ranks);
  }
  return tokens;
}

/** A piece longer than this is cut; the engine's stack ends at a few million characters. */
const windowSize = 1 << 20;

/** The last two pieces of a window may go on, or join, past its end: the next one starts there. */
function* piecesOf(text: string, split: RegExp): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const part = text.slice(from, from + windowSize);
    const pieces = Array.from(part.matchAll(split), ([piece]) => piece);
    const isLast = from + windowSize >= text.length;
    const complete = isLast || pieces.length < 3 ? pieces : pieces.slice(0, -2);
    for (const piece of complete) {
      yield piece;
      from += piece.length;
    }
  }
}

/** A tenth of a second and tens of megabytes each, so built once and only when needed. */
const builtRanks = new Map<ExactFamily, Ranks>();

function ranksOf(family: ExactFamily, { tokens }: Vocabulary): Ranks {
  const built = builtRanks.get(family);
  if (built !== undefined) return built;
  const ranks = new Map<string, number>();
  tokens.forEach((token, rank) => {
    if (token === undefined) return;
    const bytes =
      typeof token === "string" ? bytesOf(token) : Buffer.from(token).toString("latin1");
    ranks.set(bytes, rank);
  });
  builtRanks.set(family, ranks);
  return ranks;
}

/** UTF-8, one character per byte. */
function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
