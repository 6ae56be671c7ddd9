import { checkKey, type DocumentKey, limits } from "@palimpsest/core";

const last = "\u{10ffff}";
const lastBytes = 4;

/**
 * A key of the same scope below the given one with practically nothing in between, so that a scan
 * after it starts there. @returns undefined where the scope's first key is meant
 */
export function keyBefore({ scope, id }: DocumentKey): DocumentKey | undefined {
  checkKey({ scope, id });
  const characters = [...id];
  const code = characters.pop()?.codePointAt(0) ?? 0;
  const stem = characters.join("");
  // The smallest character of all: below it is only the stem itself.
  if (code <= 1) return stem === "" ? undefined : { scope, id: stem };
  // U+E000 follows U+D7FF: what lies between are halves of other characters.
  const lower = String.fromCodePoint(code === 0xe000 ? 0xd7ff : code - 1);
  const room = limits.idBytes - Buffer.byteLength(stem + lower);
  if (room < 0) return undefined;
  return { scope, id: stem + lower + last.repeat(Math.floor(room / lastBytes)) };
}
