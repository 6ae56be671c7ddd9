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
    const kinds = Map.groupBy(questions, ({ kind }) => kind);
    expect([...kinds.keys()].toSorted()).toEqual([
      "compound",
      "exact",
      "inflection",
      "key",
      "spelling",
      "typo",
    ]);
    for (const asked of kinds.values()) expect(asked).toHaveLength(100);
    for (const { relevant } of questions) {
      expect(relevant.length).toBeGreaterThan(0);
      expect(relevant.every((at) => documents[at] !== undefined)).toBe(true);
    }
  });
});
