import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openLuminora } from "./open-luminora.ts";
import { isPythonDump, isPythonNumber, parsePythonJson } from "./python-json.ts";
import { guessValue } from "./value.ts";

const fixtures = new URL("../../fixtures/", import.meta.url);

test("keys with escapes are read as written, whatever was read before", () => {
  for (const read of [JSON.parse, parsePythonJson]) read(String.raw`{"a": 0, "\\": 1}`);
  const { value } = parsePythonJson(String.raw`{"a": 0, "\n": 1}`) ?? {};
  expect(value).toStrictEqual({ a: 0, "\n": 1 });
});

describe("guessValue, str encoding", () => {
  test.each([
    ["judo", "judo", []],
    ["007", "007", []],
    ["", "", []],
    ["12345", 12345, ["number-or-text"]],
    ["-3", -3, ["number-or-text"]],
    ["683.53", 683.53, ["number-or-text"]],
    ["1.0", 1, ["number-or-text"]],
    ["1e-05", 0.00001, ["number-or-text"]],
    ["1e+16", 1e16, ["number-or-text"]],
    ["1e5", "1e5", ["text-read-as-other-type"]],
    ["-0", "-0", ["text-read-as-other-type"]],
    [" 5 ", " 5 ", ["text-read-as-other-type"]],
    ["true", "true", ["text-read-as-other-type"]],
    ["null", "null", ["text-read-as-other-type"]],
    ["NaN", "NaN", ["text-read-as-other-type", "non-finite-number"]],
    ['"q"', '"q"', ["text-read-as-other-type"]],
    ["[1,2]", "[1,2]", ["text-read-as-other-type"]],
    ["[1, 2]", [1, 2], ["structure-or-text"]],
    ['{"a": "\\u00e9"}', { a: "é" }, ["structure-or-text"]],
    ['{"a": "é"}', '{"a": "é"}', ["text-read-as-other-type"]],
    ['{"a": NaN}', { a: "NaN" }, ["structure-or-text", "non-finite-number"]],
    ["True", true, ["python-literal"]],
    ["False", false, ["python-literal"]],
    ["None", null, ["python-literal"]],
    ["(1, 2)", "(1, 2)", ["python-literal"]],
    ["('a',)", "('a',)", ["python-literal"]],
    ["{'a', 'b'}", "{'a', 'b'}", ["python-literal"]],
    ["b'xy'", "b'xy'", ["python-literal"]],
    ["2024-11-21 10:00:00", "2024-11-21 10:00:00", ["python-literal"]],
    ["(see notes)", "(see notes)", []],
    ["inf", "inf", ["non-finite-number"]],
    ["nan", "nan", ["non-finite-number"]],
    ["9007199254740993", "9007199254740993", ["number-or-text"]],
    ["[9007199254740993]", ["9007199254740993"], ["structure-or-text"]],
  ])("%j", (text, value, reasons) => {
    expect(guessValue(text, "str")).toEqual({ value, reasons });
  });

  test("keeps the text where JSON of it cannot be stored", () => {
    expect(guessValue('["\\ud83d"]', "str").value).toBe('["\\ud83d"]');
    const deep = `${"[".repeat(70)}${"]".repeat(70)}`;
    expect(guessValue(deep, "str").value).toBe(deep);
  });

  test("a text without a reason is never read by v1 as anything but itself", () => {
    const json = fc.json();
    const text = fc.oneof(fc.string(), json, fc.double().map(String), fc.bigInt().map(String));
    const flagged = fc.check(
      fc.property(text, (saved) => {
        const readAsIs = parsePythonJson(saved) === undefined;
        return readAsIs || guessValue(saved, "str").reasons.length > 0;
      }),
    );
    expect(flagged).toMatchObject({ failed: false });
  });
});

test.each([
  ["true", true, ["json-literal-or-text"]],
  ["5", 5, ["number-or-text"]],
  ["True", "True", []],
  ['"q"', '"q"', ["text-read-as-other-type"]],
  ["[1,2]", "[1,2]", ["text-read-as-other-type"]],
  ["nan", "nan", []],
])("json encoding: %j", (text, value, reasons) => {
  expect(guessValue(text, "json")).toEqual({ value, reasons });
});

test.each([
  ["true", true, ["json-literal-or-text"]],
  ["1e5", 100000, ["number-or-text"]],
  ["[1,2]", [1, 2], ["structure-or-text"]],
  ['"q"', '"q"', ["json-literal-or-text"]],
  ["True", true, ["python-literal"]],
])("unknown encoding: %j", (text, value, reasons) => {
  expect(guessValue(text, "unknown")).toEqual({ value, reasons });
});

test("knows Python's own spelling of numbers", () => {
  for (const text of [
    "0",
    "-1",
    "0.1",
    "-0.0",
    "1e-07",
    "1.5e+300",
    "0.0001",
    "1234567890123456.0",
  ]) {
    expect([text, isPythonNumber(text)]).toEqual([text, true]);
  }
  for (const text of ["-0", "00", "1.", "1e5", "1E5", "0.00001", "1e-7", "1.50", "1e+15"]) {
    expect([text, isPythonNumber(text)]).toEqual([text, false]);
  }
});

test("knows Python's own spelling of structures", () => {
  for (const text of ['{"a": 1, "b": [true, null]}', "{}", '["a,b", "c:d"]', '["\\u007f"]']) {
    expect([text, isPythonDump(text)]).toEqual([text, true]);
  }
  for (const text of [
    '{"a":1}',
    '{ "a": 1}',
    "[1,2]",
    '["\\u00E9"]',
    "[1e5]",
    "[1]\n",
    '["\\/"]',
  ]) {
    expect([text, isPythonDump(text)]).toEqual([text, false]);
  }
});

interface SavedFact {
  readonly user_id: string;
  readonly category: string;
  readonly key: string;
  readonly saved_value: unknown;
}

test("against what v1.1 was really given: every changed value is flagged", async () => {
  // Keeps the one integer beyond 2^53 exact, as text.
  const manifest = parsePythonJson(
    readFileSync(new URL("sdk-v1.1.manifest.json", fixtures), "utf8"),
  )?.value as unknown as { facts: SavedFact[] };
  using source = await openLuminora(new URL("sdk-v1.1.sqlite", fixtures).pathname);
  const texts = new Map<string, string>();
  for (const { table, cells } of source.rows()) {
    if (table !== "facts") continue;
    const name = ["user_id", "category", "key"].map((column) => cells.get(column));
    texts.set(JSON.stringify(name), String(cells.get("value")));
  }
  let changed = 0;
  let missed = 0;
  let alsoFlagged = 0;
  let guessedWrong = 0;
  for (const fact of manifest.facts) {
    const text = texts.get(JSON.stringify([fact.user_id, fact.category, fact.key])) ?? "";
    const parsed = parsePythonJson(text);
    const readBack = parsed === undefined || parsed.nonFinite ? text : parsed.value;
    const same =
      !parsed?.nonFinite && JSON.stringify(readBack) === JSON.stringify(fact.saved_value);
    const guess = guessValue(text, "str");
    const flagged = guess.reasons.length > 0;
    if (!same) changed++;
    if (!same && !flagged) missed++;
    if (same && flagged) alsoFlagged++;
    if (JSON.stringify(guess.value) !== JSON.stringify(fact.saved_value)) guessedWrong++;
  }
  // Unchanged but flagged: numbers and structures, which the same text could also have been.
  // Wrong guesses: texts of digits, which look exactly like the number.
  expect({ changed, missed, alsoFlagged, guessedWrong }).toEqual({
    changed: 156,
    missed: 0,
    alsoFlagged: 307,
    guessedWrong: 15,
  });
});
