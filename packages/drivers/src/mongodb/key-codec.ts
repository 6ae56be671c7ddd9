import type { DocumentKey } from "@palimpsest/core";

/** Below every character of an encoded part, so that a scope comes before its extensions. */
const separator = "\u0001";
const afterSeparator = "\u0002";
// oxlint-disable-next-line no-control-regex -- these two are what must be escaped
const special = /[\u0001\u0002\uffff\u{10000}-\u{10ffff}]/gu;
// oxlint-disable-next-line no-control-regex -- and found again
const escaped = /\u0002([\u0001\u0002])|\uffff(.)(.)/gsu;
/** Digits of an escaped character are ordinary characters far from the special ones. */
const digitZero = 0x100;
const digitBase = 0x4000;

/**
 * The `_id` of a key. Sorted as text, by UTF-8 bytes or by UTF-16 units, it gives the order of
 * (scope, id) in UTF-8 bytes: the two differ only above U+FFFF, which is escaped. It never holds
 * U+0000, and for ordinary keys it is `scope`, U+0001, `id`.
 */
export function encodeKey({ scope, id }: DocumentKey): string {
  return `${encodePart(scope)}${separator}${encodePart(id)}`;
}

export function decodeKey(encoded: string): DocumentKey {
  const end = partEnd(encoded);
  return { scope: decodePart(encoded.slice(0, end)), id: decodePart(encoded.slice(end + 1)) };
}

/** The range of `_id`s of a scope, or of everything; `after` continues behind a key. */
export function keyRange(
  scope: string | undefined,
  after?: DocumentKey,
  upTo?: DocumentKey,
): { readonly $gt: string; readonly $lt?: string; readonly $lte?: string } {
  const first = scope === undefined ? "" : `${encodePart(scope)}${separator}`;
  const lower = after === undefined ? first : max(first, encodeKey(after));
  return {
    $gt: lower,
    ...(scope !== undefined && { $lt: `${encodePart(scope)}${afterSeparator}` }),
    ...(upTo !== undefined && { $lte: encodeKey(upTo) }),
  };
}

/** Encoded keys order by UTF-16 units too, which is how `<` compares. */
function max(a: string, b: string): string {
  return a < b ? b : a;
}

function encodePart(part: string): string {
  return part.replaceAll(special, (character) => {
    if (character <= afterSeparator) return `${afterSeparator}${character}`;
    const offset = (character.codePointAt(0) as number) - 0xffff;
    const digits = [Math.floor(offset / digitBase), offset % digitBase];
    return `\uffff${String.fromCharCode(...digits.map((digit) => digit + digitZero))}`;
  });
}

function decodePart(part: string): string {
  return part.replaceAll(escaped, (_, low: string | undefined, high: string, rest: string) => {
    if (low !== undefined) return low;
    const [a, b] = [high, rest].map((digit) => digit.charCodeAt(0) - digitZero) as [number, number];
    return String.fromCodePoint(a * digitBase + b + 0xffff);
  });
}

/** The first separator that is not the second half of an escape. */
function partEnd(encoded: string): number {
  let at = 0;
  while (encoded[at] !== separator) at += encoded[at] === afterSeparator ? 2 : 1;
  return at;
}
