import { unquote } from "../cells/cell.ts";
import { endOfString } from "../cells/split-cells.ts";

/** Letters, digits, marks and what identifiers are made of; anything else is quoted. */
const bareKey = /^[\p{L}\p{N}\p{M}_$/-]+$/u;
const bareRun = /[\p{L}\p{N}\p{M}_$/-]+/uy;

/** Keys joined by points, quoted where they hold anything else than word characters. */
export function writeName(path: readonly string[]): string {
  return path.map((key) => (bareKey.test(key) ? key : JSON.stringify(key))).join(".");
}

/**
 * The path that starts at `at`, and where it ends; undefined when there is none.
 * @throws CellError when a quoted key is damaged
 */
export function readName(
  text: string,
  at: number,
): { readonly path: readonly string[]; readonly end: number } | undefined {
  const path: string[] = [];
  for (let start = at; ; start++) {
    const end = text[start] === '"' ? endOfString(text, start) : endOfBareKey(text, start);
    if (end === undefined) return undefined;
    const key = text.slice(start, end);
    path.push(key.startsWith('"') ? unquote(key) : key);
    if (text[end] !== ".") return { path, end };
    start = end;
  }
}

function endOfBareKey(text: string, start: number): number | undefined {
  bareRun.lastIndex = start;
  return bareRun.test(text) ? bareRun.lastIndex : undefined;
}
