import { expect, it } from "vitest";
import { protectedSpans } from "./protected-spans.ts";

it.each<[text: string, inside: string[]]>([
  ['say "hello there" now', ['"hello there"']],
  [String.raw`a "quoted \" mark" b`, [String.raw`"quoted \" mark"`]],
  ["“curly” and „low“ and «French»", ["“curly”", "„low“", "«French»"]],
  ["it's Ana's dog, 'quoted text' here", ["'quoted text'"]],
  ["use `npm test` or ``a ` b``", ["`npm test`", "``a ` b``"]],
  ['an open ` or " is none', []],
  ['no "quotation\n\ngoes" on', []],
  ['```ts\na ` " b\n```\nafter', ['```ts\na ` " b\n```']],
  ["  ~~~\n```\n~~~~ \nafter", ["~~~\n```\n~~~~"]],
  ["```\nopen to the end", ["```\nopen to the end"]],
  ["````\n```\n````", ["````\n```\n````"]],
  ["```one line``` is inline", ["```one line```"]],
  ["    ``` is too far in", []],
  ["x ``` is no fence\ny", []],
  ["~~~ is\n~~~x no end\n~~~", ["~~~ is\n~~~x no end\n~~~"]],
])("%j", (text, inside) => {
  expect(protectedSpans(text).map(({ start, end }) => text.slice(start, end))).toEqual(inside);
});
