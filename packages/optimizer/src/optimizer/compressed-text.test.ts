import { isPalimpsestError, type JsonValue } from "@palimpsest/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../json/parse-json.ts";
import { KEY_MAPPINGS, keyDictionary } from "../legacy/key-mappings.ts";
import {
  type CompressionForms,
  isCompressed,
  readCompressed,
  writeCompressed,
} from "./compressed-text.ts";

const fact = { user_id: "u1", category: "pref", key: "k1", value: "v1" };
const names = keyDictionary({ my_custom_field: "mcf" });
const all = { keyAbbreviation: true, compactFormat: true, minifyJson: true };

function write(value: unknown, forms: Partial<CompressionForms> = {}): string {
  return writeCompressed(value, { ...all, ...forms }, names).text;
}

function read(text: string): JsonValue {
  return readCompressed(text, names, "native");
}

describe("the format does not change silently", () => {
  test.each<[Partial<CompressionForms>, unknown, string]>([
    [{}, fact, '¶1c["adef","u1","pref","k1","v1"]'],
    [{ minifyJson: false }, fact, '¶1c["adef", "u1", "pref", "k1", "v1"]'],
    [{ compactFormat: false }, fact, '¶1a{"uid":"u1","cat":"pref","k":"k1","v":"v1"}'],
    [
      { keyAbbreviation: false },
      fact,
      '¶1p{"user_id":"u1","category":"pref","key":"k1","value":"v1"}',
    ],
    [{ keyAbbreviation: false }, { a: 1, b: [2] }, '¶1p{"a":1,"b":[2]}'],
    [
      {},
      { user_id: "u", mood: "calm", my_custom_field: 1 },
      '¶1c["a.:","u","mood","calm","mcf",1]',
    ],
    [{ compactFormat: false }, { my_custom_field: 1 }, '¶1a{"^mcf":1}'],
    [
      { compactFormat: false },
      { user_id: 1, cat: 2, "~x": 3, "^y": 4, mcf: 5 },
      '¶1a{"uid":1,"~cat":2,"~~x":3,"~^y":4,"~mcf":5}',
    ],
    [{}, "hello", '¶1p"hello"'],
    [{}, null, "¶1pnull"],
    [{}, [fact], '¶1p[{"user_id":"u1","category":"pref","key":"k1","value":"v1"}]'],
    [{ minifyJson: false }, ["a,b:c", { k: '\\":,' }], '¶1p["a,b:c", {"k": "\\\\\\":,"}]'],
  ])("%j of %j", (forms, value, text) => {
    expect(write(value, forms)).toBe(text);
    expect(read(text)).toEqual(value);
  });

  test("every known field has a letter of its own", () => {
    const record = Object.fromEntries(Object.keys(KEY_MAPPINGS).map((name, at) => [name, at]));
    const [word] = JSON.parse(write(record).slice(3)) as [string];
    expect(word).toBe("abcdefghijklmnopqrstuvwxyzABCDE");
    expect(read(write(record))).toEqual(record);
  });
});

const key = fc.oneof(
  fc.constantFrom(...Object.entries(KEY_MAPPINGS).flat()),
  fc.constantFrom(
    "my_custom_field",
    "mcf",
    "~",
    "^",
    "~cat",
    "^mcf",
    ".",
    ":",
    "__proto__",
    "toString",
    "1",
    "0",
    "",
  ),
  fc.string({ maxLength: 3, unit: "binary" }),
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ stringUnit: "binary" }),
  fc.constantFrom<unknown>(-0, 1e21, 5e-324, "\ud83d", "¶1p1"),
);
const record = fc
  .array(fc.tuple(key, value), { maxLength: 12 })
  .map((fields): unknown => Object.fromEntries(fields));
const flags = fc.record({
  keyAbbreviation: fc.boolean(),
  compactFormat: fc.boolean(),
  minifyJson: fc.boolean(),
});

test("what is written under any configuration is read back, order of keys included", () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: record }, value), flags, (original, forms) => {
      const text = write(original, forms);
      expect(isCompressed(text)).toBe(true);
      expect(read(text)).toStrictEqual(original);
      expect(JSON.stringify(read(text))).toBe(JSON.stringify(original));
    }),
    { numRuns: 5000 },
  );
});

test("at most the three characters of the mark longer than minified JSON", () => {
  fc.assert(
    fc.property(record, flags, (original, forms) => {
      const { text, minified } = writeCompressed(original, { ...forms, minifyJson: true }, names);
      expect(text.length).toBeLessThanOrEqual(minified.length + 3);
    }),
  );
});

test("nothing that is JSON text or a value of another kind is taken for compressed", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (plain) => {
      expect(isCompressed(JSON.stringify(plain))).toBe(false);
      expect(isCompressed([plain])).toBe(false);
    }),
  );
  expect(isCompressed("¶ 1c")).toBe(false);
  expect(isCompressed("¶1 In the beginning")).toBe(false);
});

describe("damaged text", () => {
  test.each([
    ['¶1c["adef","u1","pref","k1"]', /do not match/],
    ['¶1c["adef","u1","pref","k1","v1",2]', /more values than fields/],
    ['¶1c["ad!f","u1","pref","k1","v1"]', /do not match/],
    ['¶1c["aa","u1","u2"]', /one field twice/],
    ['¶1c["a.",1,"user_id",2]', /one field twice/],
    ['¶1c[".",5,1]', /do not match/],
    ['¶1c["."]', /do not match/],
    ["¶1c[]", /the word/],
    ["¶1c[5]", /the word/],
    ['¶1c{"a":1}', /not a list/],
    ["¶1a[1]", /not an object/],
    ['¶1a{"uid":1,"user_id":2}', /one field twice/],
    ['¶1a{"~uid":1,"uid":2,"~~":3,"~user_id":4}', /one field twice/],
    ['¶1x{"uid":1}', /no form x/],
  ])("%s", (text, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: "E_CORRUPT", message: expect.stringMatching(message) }),
    );
  });

  test("has the position of where it stops being JSON", () => {
    expect(() => read('¶1c["adef","u1",]')).toThrow(
      expect.objectContaining({ code: "E_CORRUPT", position: { line: 1, column: 17 } }),
    );
  });

  test("every cut is an error, or plain text", () => {
    fc.assert(
      fc.property(record, flags, fc.nat(), (original, forms, place) => {
        const text = write(original, forms);
        const cut = text.slice(0, place % text.length);
        fc.pre(isCompressed(cut));
        expect(codeOf(() => read(cut))).toBe("E_CORRUPT");
      }),
    );
  });
});

test("a newer version and an unknown custom name are told apart from damage", () => {
  expect(codeOf(() => read('¶2c["a",1]'))).toBe("E_UNSUPPORTED");
  for (const text of ['¶1c[":","mcf",1]', '¶1a{"^mcf":1}']) {
    expect(read(text)).toEqual({ my_custom_field: 1 });
    expect(codeOf(() => readCompressed(text, keyDictionary(), "native"))).toBe("E_CONFIG");
  }
  expect(codeOf(() => read('¶1c[":","cat",1]'))).toBe("E_CONFIG");
});

test("records written before a mapping was added are read right after it", () => {
  const before = writeCompressed(
    { mcf: 1, my_custom_field: 2 },
    { ...all, compactFormat: false },
    keyDictionary(),
  );
  expect(read(before.text)).toEqual({ mcf: 1, my_custom_field: 2 });
});

test("numbers kept as their text stay as written", () => {
  const json = '{"value":12345678901234567890,"importance":1.0,"confidence":-0}';
  const text = write(parseJson(json));
  expect(JSON.stringify(readCompressed(text, names, "source"))).toBe(json);
});

test("depth does not matter", () => {
  const deep: unknown = JSON.parse(`{"value":${"[".repeat(10_000)}${"]".repeat(10_000)}}`);
  const text = write(deep);
  expect(write(read(text))).toBe(text);
});

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (isPalimpsestError(error)) return error.code;
    throw error;
  }
  return undefined;
}
