import { readFileSync } from "node:fs";
import type { JsonObject } from "@palimpsest/core";
import { expect, test } from "vitest";
import { decodeLegacy } from "./decode-legacy.ts";
import { difference } from "./difference.ts";
import { encodeLegacy } from "./encode-legacy.ts";
import { keyDictionary } from "./key-mappings.ts";
import type { LegacyLoss } from "./loss.ts";
import { readAsV1 } from "./v1-reader.ts";

/** Written by LuminoraCore v1.2-lite itself; `expanded_by_v1_2` is what its own reader gives. */
interface Line {
  readonly fact: JsonObject;
  readonly array: readonly unknown[];
  readonly abbreviated: JsonObject;
  readonly expanded_by_v1_2: JsonObject;
}

const text = readFileSync(new URL("../../fixtures/optimizer-v1.2.jsonl", import.meta.url), "utf8");
const lines: Line[] = text
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

function count(losses: readonly (readonly LegacyLoss[])[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, path = [] } of losses.flat()) {
    const name = [kind, ...path].join(" ");
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test("all 500 arrays decode to what v1's own reader gave", () => {
  expect(lines).toHaveLength(500);
  for (const { array, expanded_by_v1_2 } of lines) {
    const { record } = decodeLegacy(array, { format: "array9" });
    expect(JSON.stringify(record)).toBe(JSON.stringify(expanded_by_v1_2));
  }
});

test("what the arrays had lost, field by field", () => {
  const lost = lines.map(({ fact, array }) =>
    difference(fact, decodeLegacy(array, { format: "array9" }).record),
  );
  expect(lost.filter((losses) => losses.length === 0)).toHaveLength(156);
  expect(count(lost)).toEqual({
    "dropped session_id": 178,
    "dropped created_at": 190,
    "dropped updated_at": 190,
    "dropped metadata": 91,
    "dropped mood_note": 67,
    "dropped mention_count": 28,
    "dropped tags": 47,
    "key-order": 276,
  });
});

test("each of these losses is named by the decoder", () => {
  const nine = new Set(["value", "importance", "timestamp", "source", "confidence", "tags"]);
  for (const { fact, array } of lines) {
    const { record, losses, ambiguities } = decodeLegacy(array, { format: "array9" });
    expect(losses.map(({ kind }) => kind)).toEqual(["fields-beyond-nine", "key-order"]);
    for (const { kind, path = [] } of difference(fact, record)) {
      const [field] = path;
      if (kind === "key-order" || !nine.has(String(field))) continue;
      expect(ambiguities.some((ambiguity) => ambiguity.path[0] === field)).toBe(true);
    }
  }
});

test("all 500 abbreviated records decode without a loss; doubts are pinned", () => {
  const decoded = lines.map(({ fact, abbreviated }) => {
    const { record, losses, ambiguities } = decodeLegacy(abbreviated, { format: "abbreviated" });
    expect(JSON.stringify(record)).toBe(JSON.stringify(fact));
    expect(losses).toEqual([]);
    return ambiguities;
  });
  const doubts = decoded.flat().map(({ kind, path }) => `${kind} ${path.join(".")}`);
  expect(new Set(doubts)).toEqual(new Set(["nested-short-key metadata.source"]));
  expect(doubts).toHaveLength(91);
});

test("all 500 plain records are themselves", () => {
  for (const { fact } of lines) {
    const decoded = decodeLegacy(fact, { format: "plain" });
    expect(decoded).toEqual({ record: fact, losses: [], ambiguities: [] });
  }
});

test("the encoder writes the same 500 arrays and abbreviated records, and names the same losses", () => {
  for (const { fact, array, abbreviated, expanded_by_v1_2 } of lines) {
    const slots = encodeLegacy(fact, { format: "array9", lossy: true });
    expect(JSON.stringify(slots.data)).toBe(JSON.stringify(array));
    expect(slots.losses).toEqual(difference(fact, expanded_by_v1_2));
    const short = encodeLegacy(fact, { format: "abbreviated" });
    expect(JSON.stringify(short.data)).toBe(JSON.stringify(abbreviated));
    expect(readAsV1(short.data, keyDictionary())).toEqual(fact);
  }
});
