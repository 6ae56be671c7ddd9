import fc from "fast-check";
import { expect, test } from "vitest";
import { documentId } from "./document-id.ts";

test("percent-encodes each part", () => {
  expect(documentId("fact", ["a/b", "c d", "é%"])).toBe("fact/a%2Fb/c%20d/%C3%A9%25");
});

test("different parts never share an id", () => {
  const parts = fc.array(fc.string({ unit: fc.constantFrom("a", "/", "%", "~", "2F", ":") }), {
    minLength: 2,
    maxLength: 3,
  });
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const same = documentId("fact", a) === documentId("fact", b);
      expect(same).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
});

test("an id longer than a store holds becomes a digest", () => {
  const long = documentId("fact", ["李".repeat(100), "preferences", "sport"]);
  expect(long).toMatch(/^fact\/~[0-9a-f]{64}$/);
  expect(documentId("fact", ["李".repeat(100), "preferences", "food"])).not.toBe(long);
});
