import fc from "fast-check";
import { expect, test } from "vitest";
import { toEmbedding, toScore } from "./embedding.ts";
import { toDocumentKey, toEntryId } from "./entry-ids.ts";
import { entryMetadata, versionOf, versionText } from "./entry-metadata.ts";

const text = fc.string({ unit: "grapheme", maxLength: 20 });

test("an entry's id tells scope and id apart, whatever is in them", () => {
  fc.assert(
    fc.property(
      text,
      text.filter((id) => id !== ""),
      (scope, id) => {
        expect(toDocumentKey(toEntryId({ scope, id }))).toEqual({ scope, id });
      },
    ),
  );
  expect(toEntryId({ scope: "1:", id: "a" })).not.toBe(toEntryId({ scope: "1", id: ":a" }));
});

test.each(["", "a", ":a", "0:", "1:a", "x1:ab", "01:ab", "-1:ab", "9:ab"])(
  "the id %j of somebody else is refused",
  (id) => {
    expect(() => toDocumentKey(id)).toThrow(expect.objectContaining({ code: "E_CORRUPT" }));
  },
);

test("metadata has no null, no empty list and no key of ours", () => {
  const long = "k".repeat(1_000);
  const stored = entryMetadata("tenant", "0.1.x", {
    scope: "mine",
    none: null,
    list: [],
    deep: { a: 1 },
    [long]: long,
  });
  expect(stored).toMatchObject({
    scope: "tenant",
    version: "0.1.x",
    "m:scope": '"mine"',
    "m:none": "null",
  });
  expect(Object.values(stored).every((value) => typeof value === "string")).toBe(true);
  expect(
    Math.max(
      ...Object.entries(stored)
        .flat()
        .map((each) => `${each}`.length),
    ),
  ).toBeLessThan(300);
  expect(() => entryMetadata("", "v", { bad: Number.NaN })).toThrow(
    expect.objectContaining({ code: "E_INVALID_INPUT" }),
  );
});

test("a version is read back; an entry without one is refused", () => {
  const revision = { epoch: 3, counter: 12 };
  expect(versionOf({ version: versionText(revision, "t") })).toEqual({ revision, text: "3.12.t" });
  for (const metadata of [
    null,
    undefined,
    {},
    { version: 1 },
    { version: "1.2" },
    { version: "a.1.t" },
  ]) {
    expect(() => versionOf(metadata)).toThrow(expect.objectContaining({ code: "E_CORRUPT" }));
  }
});

test.each([
  [0, "cosine", 1],
  [1, "cosine", 0],
  [2, "cosine", 0],
  [-1e-7, "cosine", 1],
  [0.25, "ip", 0.75],
  [0, "l2", 1],
  [9, "l2", 0.25],
  [null, "l2", 0],
  [null, "cosine", 0],
] as const)("the distance %s in space %s is the score %s", (distance, metric, score) => {
  expect(toScore(distance, metric)).toBe(score);
});

test("vectors for cosine are of length 1, however large; a zero vector stays", () => {
  expect(toEmbedding(Float32Array.of(3e38, 0), "cosine")).toEqual([1, 0]);
  expect(toEmbedding(Float32Array.of(0, 0), "cosine")).toEqual([0, 0]);
  expect(toEmbedding(Float32Array.of(3, 4), "l2")).toEqual([3, 4]);
});
