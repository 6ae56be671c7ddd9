import type { JsonValue } from "./json.ts";

/** A key as the text has it, quotes included. */
interface Span {
  readonly start: number;
  readonly end: number;
}

const backslash = 92;

/** As of `JSON.parse`, without `this`. */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

type Members = Record<string, JsonValue>;

/**
 * What `JSON.parse` should return. V8 (of Node 24 and 26, nodejs/node issue 63785) reads a key
 * with an escape as another key once that key was read in its place: `{"a":0,"\n":0}` gets the key
 * `\` after `{"a":0,"\\":0}`. Keys of any origin have to be read with this function.
 * @param revive - as for `JSON.parse`; may be called twice for a value
 * @throws `SyntaxError` when the text is no JSON
 */
export function parseJsonText(text: string, revive?: Reviver): JsonValue {
  // Only keys are misread, syntax is not: what follows may rely on it.
  const value = JSON.parse(text, revive) as JsonValue;
  const spans = escapedKeys(text);
  return spans.length === 0 ? value : parseWithStandIns(text, spans, revive);
}

/** Written for texts whose escapes are in values: `indexOf` jumps over what lies between two. */
function escapedKeys(text: string): Span[] {
  const spans: Span[] = [];
  let quote = -1;
  for (let at = text.indexOf("\\"); at !== -1; at = text.indexOf("\\", at)) {
    const first = at;
    // Quotes that escapes hide are passed together with them.
    do {
      at += 2;
      if (quote < at) quote = text.indexOf('"', at);
      if (text.charCodeAt(at) !== backslash) at = text.indexOf("\\", at);
    } while (at !== -1 && at < quote);
    at = quote + 1;
    while (text.charCodeAt(at) <= 32) at++;
    if (text[at] === ":") spans.push({ start: text.lastIndexOf('"', first), end: quote + 1 });
  }
  return spans;
}

/** Gives keys that cannot be written without an escape a stand-in that needs none. */
function parseWithStandIns(
  text: string,
  spans: readonly Span[],
  revive: Reviver | undefined,
): JsonValue {
  const mark = unusedMark(text);
  const standIns = new Map<string, string>();
  let copy = "";
  let from = 0;
  for (const { start, end } of spans) {
    const key = JSON.parse(text.slice(start, end)) as string;
    copy += `${text.slice(from, start)}"${withoutEscape(key)}"`;
    from = end;
  }
  const keys = new Map([...standIns].map(([key, standIn]) => [standIn, key]));
  const reviveNamed: Reviver | undefined =
    revive && ((key, value, context) => revive(keys.get(key) ?? key, value, context));
  return withKeys(JSON.parse(copy + text.slice(from), reviveNamed) as JsonValue, keys);

  function withoutEscape(key: string): string {
    // oxlint-disable-next-line no-control-regex -- exactly these have to be escaped
    if (!/["\\\u0000-\u001f]/.test(key) && !key.includes(mark)) return key;
    const standIn = standIns.get(key) ?? `${mark}${standIns.size}`;
    standIns.set(key, standIn);
    return standIn;
  }
}

/** One more of a character that texts hardly ever have than the text has in a row. */
function unusedMark(text: string): string {
  let longest = "";
  for (const [run] of text.matchAll(/\u0080+/g)) if (run.length > longest.length) longest = run;
  return `${longest}\u0080`;
}

/** Keeps its own stack: what `JSON.parse` reads may be nested deeper than calls may be. */
function withKeys(value: JsonValue, keys: ReadonlyMap<string, string>): JsonValue {
  const root: Members = { value };
  const open = [root];
  for (let members = open.pop(); members !== undefined; members = open.pop()) {
    for (const name of Object.keys(members)) {
      const member = members[name];
      if (typeof member !== "object" || member === null) continue;
      const renamed = Array.isArray(member) ? member : rename(member as Members, keys);
      members[name] = renamed;
      open.push(renamed as Members);
    }
  }
  return root["value"] ?? null;
}

function rename(members: Members, keys: ReadonlyMap<string, string>): Members {
  if (!Object.keys(members).some((name) => keys.has(name))) return members;
  return Object.fromEntries(
    Object.entries(members).map(([name, member]) => [keys.get(name) ?? name, member]),
  );
}
