import fc from "fast-check";
import { expect, test } from "vitest";
import { tokenize } from "./tokenize.ts";

test.each([
  ["", []],
  ["  ...!? ", []],
  ["Hello, World_2 it's", ["hello", "world", "2", "it", "s"]],
  ["Café CAFÉ cafe\u0301", ["cafe", "cafe", "cafe"]],
  ["naïve Übermut straße", ["naive", "ubermut", "straße"]],
  ["ﬁne ①", ["fine", "1"]],
  ["Ｆｕｌｌ１２", ["full12"]],
  ["İstanbul", ["istanbul"]],
  ["Привет МИР", ["привет", "мир"]],
  ["हिन्दी", ["हिन्दी"]],
  ["我喜欢", ["我喜", "喜欢"]],
  ["本", ["本"]],
  ["東京タワー2020年", ["東京", "京タ", "タワ", "ワー", "2020", "年"]],
  ["ｶﾞｲﾄﾞ", ["ガイ", "イド"]],
  ["한국어", ["한국", "국어"]],
  ["\u{20000}\u{20001}", ["\u{20000}\u{20001}"]],
  ["ab日本cd", ["ab", "日本", "cd"]],
  ["😀 👩‍👩‍👧", []],
])("the terms of %j", (text, terms) => {
  expect(tokenize(text)).toEqual(terms);
});

const unicode = fc.string({ unit: "binary", maxLength: 40 });

test("terms are not empty, well-formed, and do not depend on composition", () => {
  fc.assert(
    fc.property(unicode, (text) => {
      const terms = tokenize(text);
      expect(terms.every((term) => term !== "" && term.isWellFormed())).toBe(true);
      expect(tokenize(text.normalize("NFD"))).toEqual(terms);
      expect(tokenize(text.normalize("NFC"))).toEqual(terms);
    }),
    { numRuns: 1_000 },
  );
});

test("ASCII text has the same terms alone and beside other text", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      expect(tokenize(`${text} é`)).toEqual([...tokenize(text), "e"]);
    }),
  );
});

test("terms of Latin, Greek and Cyrillic text are terms again", () => {
  const letters = fc.integer({ min: 0x41, max: 0x52f }).map((code) => String.fromCodePoint(code));
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 30 }), (text) => {
      const terms = tokenize(text);
      expect(tokenize(terms.join(" "))).toEqual(terms);
    }),
    { numRuns: 1_000 },
  );
});

test("keeps its terms between releases: stored entries and hashed vectors are made of them", () => {
  const text = "Grüße, O'Neil's colour_of 東京タワー2020 naïve ﬁne १२ Ελλάδα don't 😀 한국어 x";
  expect(tokenize(text).join(" ")).toMatchInlineSnapshot(
    `"gruße o neil s colour of 東京 京タ タワ ワー 2020 naive fine १२ ελλαδα don t 한국 국어 x"`,
  );
});
