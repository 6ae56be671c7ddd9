import { describe, expect, it } from "vitest";
import { recallByKind } from "./measure.ts";

const documents = [
  "carlos likes the color teal",
  ...Array.from({ length: 15 }, (_, i) => `the dentist has room ${i}`),
];

describe("recallByKind", () => {
  it("finds exact words by the lexical leg and other spellings by the vectors", async () => {
    const questions = [
      { text: "color teal", kind: "exact", relevant: [0] },
      { text: "dentist colours", kind: "spelling", relevant: [0] },
      { text: "nowhere", kind: "absent", relevant: [0] },
    ];
    const found = await recallByKind([{ documents, questions }], 1024, [0, 0.6, 1]);
    expect([...found.keys()]).toEqual(["all", "exact", "spelling", "absent"]);
    expect(found.get("exact")?.get(0)).toBe(100);
    expect(found.get("spelling")?.get(0)).toBe(0);
    expect(found.get("spelling")?.get(0.6)).toBe(100);
    expect(found.get("spelling")?.get(1)).toBe(100);
    expect(found.get("absent")?.get(0)).toBe(0);
  });
});
