import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldWhiteSpace } from "./fold-white-space.ts";
import { protectedSpans } from "./protected-spans.ts";
import { type ReducedText, restore } from "./removal.ts";
import { removeDuplicateSentences } from "./remove-duplicate-sentences.ts";
import { removeStopPhrases } from "./remove-stop-phrases.ts";

const steps: Readonly<Record<string, (text: string) => ReducedText>> = {
  foldWhiteSpace,
  removeStopPhrases: (text) => removeStopPhrases(text),
  removeDuplicateSentences: (text) => removeDuplicateSentences(text),
};

/** Texts made of what the steps look for, in any order, so that their borders meet. */
const pieces = [
  ..."\n \t`~\"'“”«».,aÉ\r\u2028\u00a0\u0301",
  "  ",
  "\n\n\n",
  "```\n",
  "``",
  "basically",
  "Please note  that",
  "The cat sat on the mat. ",
  "the  CAT sat on the mat.",
  '"actually  yes"',
  "don't",
];
const text = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 40 });

describe.each(Object.entries(steps))("%s", (_, step) => {
  it("can be undone exactly, and leaves code and quotations as they were", () => {
    fc.assert(
      fc.property(text, (parts) => {
        const before = parts.join("");
        const after = step(before);
        expect(restore(after)).toBe(before);
        for (const { start, text: taken } of after.removed) {
          expect(taken).not.toBe("");
          const end = start + taken.length;
          const touched = protectedSpans(before).filter((p) => p.start < end && start < p.end);
          expect(touched).toEqual([]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("takes linear time on text that invites more", () => {
    const hostile = ["\n", " ", "`", '"', "'a ", "“", "``` \n", "in ", "please ", "a. "];
    for (const unit of hostile) {
      const before = unit.repeat(200_000 / unit.length);
      expect(restore(step(before))).toBe(before);
    }
  });

  it("leaves an empty text alone", () => {
    expect(step("")).toEqual({ text: "", removed: [] });
  });
});

describe("foldWhiteSpace", () => {
  it.each([
    ["a   b\t\tc", "a b\tc"],
    ["a  \nb \t\n", "a\nb\n"],
    ["a\n\n\n\nb", "a\n\nb"],
    ["a\r\n\r\n\r\nb", "a\r\n\r\nb"],
    ["a\n \n \n  - b", "a\n\n  - b"],
    ["  - a\n    - b", "  - a\n    - b"],
    ["a   ", "a"],
    ['say "a   b"   now', 'say "a   b" now'],
    ["x  `a  b`  y", "x `a  b` y"],
    ["a\n\n```\nx  =  1\n\n\n\ny\n```\n\n\nb", "a\n\n```\nx  =  1\n\n\n\ny\n```\n\nb"],
  ])("%j", (before, after) => {
    expect(foldWhiteSpace(before).text).toBe(after);
    expect(foldWhiteSpace(after)).toEqual({ text: after, removed: [] });
  });

  it("says what it took and where", () => {
    expect(foldWhiteSpace("a  b\n\n\n\nc").removed).toEqual([
      { start: 2, text: " " },
      { start: 5, text: "\n\n" },
    ]);
  });
});

describe("removeStopPhrases", () => {
  it.each([
    ["Please note that the shop is closed.", "the shop is closed."],
    ["It works, basically, as before.", "It works, as before."],
    ["AS  YOU\tCAN SEE, it rains", "it rains"],
    ['He said "basically no"; basically yes', 'He said "basically no"; yes'],
    ["factually and basicallyx stay", "factually and basicallyx stay"],
    ["it's 'actually' here", "it's 'actually' here"],
  ])("%j", (before, after) => {
    expect(removeStopPhrases(before).text).toBe(after);
  });

  it("takes another list, with characters that patterns treat as signs", () => {
    const { text: after, removed } = removeStopPhrases("use C++ (really) today", {
      phrases: ["C++", "(really)"],
    });
    expect(after).toBe("use today");
    expect(removed.map(({ text: taken }) => taken)).toEqual(["C++ ", "(really) "]);
    expect(removeStopPhrases("basically", { phrases: [] }).text).toBe("basically");
  });

  it.each(["", "  ", ".*"])("refuses %j as a phrase", (phrase) => {
    expect(() => removeStopPhrases("x", { phrases: [phrase] })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  });
});

describe("removeDuplicateSentences", () => {
  it("keeps the first of equal sentences and every paragraph break", () => {
    const before = "Ana drinks green tea. It rains.\n\nana  drinks green TEA. It rains. Bo reads.";
    const { text: after, removed } = removeDuplicateSentences(before);
    expect(after).toBe("Ana drinks green tea. It rains.\n\nIt rains. Bo reads.");
    expect(removed).toEqual([{ start: 33, text: "ana  drinks green TEA. " }]);
  });

  it("keeps a sentence with a quotation in it", () => {
    const before = 'He wrote "go home now" twice. He wrote "go home now" twice.';
    expect(removeDuplicateSentences(before).text).toBe(before);
  });

  it("takes short ones too when asked, and equal ones of another composition", () => {
    expect(removeDuplicateSentences("Yes. Yes. No.", { minWords: 1 }).text).toBe("Yes. No.");
    const twice = "Un café très chaud. Un cafe\u0301 tre\u0300s chaud.";
    expect(removeDuplicateSentences(twice, { locale: "fr" }).text).toBe("Un café très chaud. ");
  });

  it.each([{ minWords: 0 }, { minWords: 1.5 }, { locale: "not a locale" }])("refuses %j", (bad) => {
    expect(() => removeDuplicateSentences("x", bad)).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  });
});

describe("restore", () => {
  it.each([
    ["past the end", { text: "ab", removed: [{ start: 9, text: "x" }] }],
    ["out of order", { text: "ab", removed: [1, 0].map((start) => ({ start, text: "x" })) }],
    ["at no place", { text: "ab", removed: [{ start: Number.NaN, text: "x" }] }],
  ])("refuses removals %s", (_, reduced) => {
    expect(() => restore(reduced)).toThrow(expect.objectContaining({ code: "E_INVALID_INPUT" }));
  });
});
