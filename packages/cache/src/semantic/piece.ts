/** A word, number or symbol of a text that may tell it from another. */
export interface Piece {
  readonly raw: string;
  readonly index: number;
  readonly kind: "number" | "word" | "symbol";
  /** Between quotation marks: spoken of, not said. */
  readonly isQuoted: boolean;
}

/** With sign, currency, percent and the ending of an ordinal. */
const number = /(?<![\p{L}\p{N}])[-−–]?\p{Sc}?\d+(?:[.,:/-]\d+)*(?:(?:st|nd|rd|th)(?!\p{L}))?%?/u;
/** With its apostrophe, and what makes C into C++ or C#. */
const word = /[\p{L}\p{M}\p{N}_]+(?:['’]\p{L}+)?[+#]*/u;
/** Operators, currencies, pictures, and punctuation where it is notation: `5'`, `-v`, `.env`, `A-`, `!=`. */
const symbol =
  /[\p{Sc}\p{Sm}\p{So}*/^%&@#\\[\]{}]|!(?==)|(?<=\d)[!"'′″]|\.(?=\p{L})|(?<![\p{L}\p{N}\p{P}])-{1,2}(?=\p{L})|(?<![\p{L}\p{N}])[-−–](?=\s*\d)|(?<=(?<![\p{L}\p{N}])\p{Lu})[-−–](?![\p{L}\p{N}])/u;

const anyPiece = new RegExp(
  `(?<number>${number.source})|(?<word>${word.source})|(?<symbol>${symbol.source})`,
  "gu",
);
const quotation = /(?<![\p{L}\p{N}])["'“„«‘`].+?["'”“»’`](?![\p{L}\p{N}])/gu;

export function piecesOf(text: string): Piece[] {
  const quoted = [...text.matchAll(quotation)].map(
    ({ 0: { length }, index }) => [index, index + length] as const,
  );
  return [...text.matchAll(anyPiece)].map(({ 0: raw, index, groups }) => ({
    raw,
    index,
    kind:
      groups?.["number"] !== undefined
        ? "number"
        : groups?.["word"] === undefined
          ? "symbol"
          : "word",
    isQuoted: quoted.some(([from, to]) => index >= from && index < to),
  }));
}
