import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readGrammar, type Rule } from "./fixtures/grammar.ts";
import { records } from "./fixtures/json-values.ts";
import { pack } from "./pack.ts";
import type { PackProfile } from "./pack-profile.ts";
import { writeBlock } from "./write-text.ts";

type Run = readonly [RegExp, number?];

/** What the grammar only describes: the text that fits, and how short it may be if not all is taken. */
const described: Record<string, Run> = {
  LF: [/\n/y],
  TAB: [/\t/y],
  digit: [/[0-9]/y],
  word: [/[\p{L}\p{N}\p{M}_$/-]+/uy],
  line: [/[^\n]*/y],
  affix: [/[^\t\n*#]*/y, 0],
  bare: [/[^\t\n"=!][^\t\n]*/y, 1],
  "bare-part": [/[^\t\n"=!,;][^\t\n,;]*/y, 1],
  "JSON-string": [/"(?:[^"\\\n\t]|\\.)*"/y],
};

function run([expression, shortest]: Run): Rule {
  return (text, at) => {
    expression.lastIndex = at;
    const [found] = expression.exec(text) ?? [];
    if (found === undefined) return [];
    if (shortest === undefined) return [at + found.length];
    return Array.from({ length: found.length + 1 }, (_, i) => at + i).slice(shortest);
  };
}

function json(text: string, at: number): readonly number[] {
  const ends = Array.from(text.slice(at).matchAll(/[\t\n,;]/g), ({ index }) => at + index);
  const line = text.slice(at).search(/[\t\n]/) + at;
  return ends.filter((end) => end <= line && isJson(text.slice(at, end)));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const page = new URL("../../../../docs/pack-format.md", import.meta.url);
const [, grammar = ""] = /```ebnf\n(.*?)```/s.exec(await readFile(page, "utf8")) ?? [];
const rules = readGrammar(
  grammar,
  new Map([
    ["JSON", json],
    ...Object.entries(described).map(([name, description]) => [name, run(description)] as const),
  ]),
);

function isText(text: string): boolean {
  return rules.get("text")?.(text, 0).includes(text.length) ?? false;
}

test("what pack writes follows the grammar of docs/pack-format.md", () => {
  const document = fc.record({ list: records, deep: fc.record({ rows: records }) });
  const value = fc.oneof({ weight: 4, arbitrary: records }, { weight: 1, arbitrary: document });
  const profile = fc.constantFrom<PackProfile>("readable", "dense");
  fc.assert(
    fc.property(value, profile, fc.boolean(), (packed, name, legend) => {
      const text = pack(packed, { profile: name, legend, repeatHeader: 2 });
      fc.pre(text.startsWith("#"));
      expect(isText(text)).toBe(true);
      expect(isText(`${text}x`)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("blocks follow it, other texts do not", () => {
  const options = { dense: true, json: JSON.stringify };
  const [first, last] = [
    writeBlock([{ a: 1 }, 2], true, options),
    writeBlock([{ b: 3 }], false, options),
  ];
  expect(isText(first + last)).toBe(true);
  expect(isText("#pack1 1\na{b,c}\n1,2\n")).toBe(true);
  for (const text of [
    first,
    "#pack1 x\na\n1\n",
    "#pack2 1\na\n1\n",
    "#pack1 1\na:/2\n1\n",
    "#pack1 1\na b\n1\n",
    '#pack1 1\na\n"x\n',
  ]) {
    expect(isText(text)).toBe(false);
  }
});
