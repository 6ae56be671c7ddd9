import { describe, expect, it } from "vitest";
import { fnvStart, fnvText, mix } from "./fnv.ts";

describe("FNV-1a over UTF-8", () => {
  it.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["foobar", 0xbf9cf968],
  ])("gives the published value of %j", (text, expected) => {
    expect(fnvText(fnvStart, text) >>> 0).toBe(expected);
  });

  it.each(["é", "漢字", "𝒳 and 😀", "ß\u07ff\u0800\uffff\u{10ffff}"])(
    "hashes %j as its UTF-8 bytes",
    (text) => {
      const bytes = new TextEncoder().encode(text);
      const expected = bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), fnvStart);
      expect(fnvText(fnvStart, text)).toBe(expected);
    },
  );
});

describe("mix", () => {
  it("gives MurmurHash3's published fmix32 values", () => {
    expect(mix(0)).toBe(0);
    expect(mix(1)).toBe(0x514e28b7);
    expect(mix(0x811c9dc5 | 0)).toBe(mix(0x811c9dc5));
  });
});
