import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { spellingSet } from "./spelling-set.ts";

describe("spellingSet", () => {
  it("is the same on every run and machine", () => {
    const hash = createHash("sha256").update(JSON.stringify(spellingSet())).digest("hex");
    expect(hash).toBe("e61bd9865abd451b9683f0c98220d0943b3a2c7e68d0287b59bfe1b4fb3af88f");
  });

  it("asks 100 questions of each kind, each with an answer in the corpus", () => {
    const { documents, questions } = spellingSet();
    const counts: Record<string, number> = {};
    for (const { kind } of questions) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toEqual({
      spelling: 100,
      inflection: 100,
      compound: 100,
      typo: 100,
      key: 100,
      exact: 100,
    });
    for (const { relevant } of questions) {
      expect(relevant.length).toBeGreaterThan(0);
      expect(relevant.every((at) => documents[at] !== undefined)).toBe(true);
    }
  });
});
