import { describe, expect, it } from "vitest";
import { clip, labelled, oneLine, plainText } from "./text-layout.ts";

describe("clip", () => {
  it.each([
    ["short", 10, "short"],
    ["a  b\n\tc", 10, "a b c"],
    ["exactly ten", 11, "exactly ten"],
    ["one too long", 11, "one too lo…"],
    ["漢字漢字", 8, "漢字漢字"],
    ["漢字漢字漢", 8, "漢字漢…"],
    ["👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 5, "👩‍👩‍👧👩‍👩‍👧…"],
  ])("%j in %i columns", (text, width, expected) => {
    expect(clip(text, width)).toBe(expected);
  });

  it("keeps a document from steering the terminal", () => {
    expect(plainText("a\u001b[2Jb\r\n\tc\u009bd")).toBe("ab\n\tcd");
    expect(oneLine("a\u001b[2Jb\u001b]0;title\u0007c\u0007d\u009be")).toBe("abcde");
  });
});

describe("labelled", () => {
  it("aligns numbers right and texts left", () => {
    expect(
      labelled([
        ["read", 1384],
        ["quarantined", 0],
        ["store", "m.db"],
      ]),
    ).toBe("read         1,384\nquarantined      0\nstore        m.db");
  });
});
