// oxlint-disable vitest/no-standalone-expect -- cases become tests in describeContract
// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { expect } from "vitest";
import type { Document } from "../document.ts";
import type { JsonObject } from "../json.ts";
import { limits } from "../seal.ts";
import type { DocumentStoreCase } from "./document-context.ts";
import { documentOf, expectRefused, getOne, put } from "./samples.ts";

function nested(depth: number): JsonObject {
  let value: JsonObject = {};
  for (let i = 1; i < depth; i++) value = { a: value };
  return value;
}

/** Not every value below has the type of its field, which is the point. */
const unacceptable: Record<string, object> = {
  "an empty id": { id: "" },
  "an id that is no string": { id: 7 },
  "a lone surrogate in the id": { id: "a\ud800" },
  "U+0000 in the id": { id: "a\0" },
  "an id of 513 bytes": { id: `${"é".repeat(256)}a` },
  "a lone surrogate in the scope": { scope: "\udc00" },
  "U+0000 in the scope": { scope: "\0" },
  "a scope of 513 bytes": { scope: "s".repeat(513) },
  "a lone surrogate in the text": { text: "half \ud83d" },
  "U+0000 in the text": { text: "a\0b" },
  "text that is no string": { text: undefined },
  "text over 4 MiB": { text: `${"é".repeat(limits.textBytes / 2)}a` },
  "a lone surrogate in metadata": { metadata: { a: ["\ud83d"] } },
  "a lone surrogate in a metadata key": { metadata: { "\ud83d": 1 } },
  "U+0000 in metadata": { metadata: { a: { b: "\0" } } },
  "U+0000 in a metadata key": { metadata: { "a\0": 1 } },
  "NaN in metadata": { metadata: { a: Number.NaN } },
  "Infinity in metadata": { metadata: { a: [Number.POSITIVE_INFINITY] } },
  "undefined in metadata": { metadata: { a: undefined } },
  "a Date in metadata": { metadata: { a: new Date(0) } },
  "a bigint in metadata": { metadata: { a: 1n } },
  "metadata that is an array": { metadata: [] },
  "metadata that is null": { metadata: null },
  "metadata over 1 MiB": { metadata: { a: "x".repeat(limits.metadataBytes) } },
  "metadata of 65 levels": { metadata: nested(limits.metadataDepth + 1) },
  "a fractional timestamp": { timestamp: 1.5 },
  "a timestamp of NaN": { timestamp: Number.NaN },
};

/** What the edge refuses, and the largest that it accepts. */
export const documentLimits: readonly DocumentStoreCase[] = [
  ...Object.entries(unacceptable).map(([what, parts]): DocumentStoreCase => ({
    name: `${what} is refused before anything is written`,
    run: async ({ store }) => {
      const bad = { ...documentOf("bad"), ...parts } as Document;
      await expectRefused(
        store.write([put("good"), { type: "put", document: bad }]),
        "E_INVALID_INPUT",
      );
      expect(await store.count({ allScopes: true })).toBe(0);
    },
  })),
  {
    name: "the longest id and scope, the deepest and largest metadata are accepted",
    run: async ({ store }) => {
      const key = { scope: "s".repeat(512), id: "é".repeat(256) };
      const deep = nested(limits.metadataDepth);
      const large = { a: "x".repeat(limits.metadataBytes - '{"a":""}'.length) };
      await store.write([
        put(key.id, { scope: key.scope, metadata: deep }),
        put("large", { metadata: large }),
      ]);
      expect((await getOne(store, key))?.metadata).toEqual(deep);
      expect((await getOne(store, { scope: "", id: "large" }))?.metadata).toEqual(large);
    },
  },
  {
    name: "text of exactly 4 MiB is accepted",
    run: async ({ store }) => {
      const text = "é".repeat(limits.textBytes / 2);
      await store.write([put("long", { text })]);
      expect((await getOne(store, { scope: "", id: "long" }))?.text === text).toBe(true);
    },
  },
  {
    name: "malformed keys, limits and selectors are refused by every read",
    run: async ({ store }) => {
      const bad = { scope: "", id: "a\0" };
      await expectRefused(store.get([bad]), "E_INVALID_INPUT");
      await expectRefused(store.write([{ type: "delete", key: bad }]), "E_INVALID_INPUT");
      await expectRefused(store.count({ scope: "\ud800" }), "E_INVALID_INPUT");
      await expectRefused(store.recent({ scope: "\0", limit: 1 }), "E_INVALID_INPUT");
      await expectRefused(store.scan({ limit: 1, scope: "\0" }), "E_INVALID_INPUT");
      for (const limit of [0, 10_001, 1.5, Number.NaN]) {
        await expectRefused(store.scan({ limit }), "E_INVALID_INPUT");
      }
    },
  },
];
