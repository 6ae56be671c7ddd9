import { type JsonObject, sealDocument } from "@palimpsest/core";
import { BSON } from "mongodb";
import fc from "fast-check";
import { expect, test } from "vitest";
import { newRecord, reported, type StoredRecord, toStored } from "./record.ts";

const revision = { epoch: 3, counter: 2 ** 40 };

function throughBson(record: StoredRecord): StoredRecord {
  return BSON.deserialize(BSON.serialize(record)) as StoredRecord;
}

function nested(depth: number): JsonObject {
  let value: JsonObject = {};
  for (let i = 1; i < depth; i++) value = { a: value };
  return value;
}

test("what is reported is what BSON gives back, whatever JSON the metadata is", () => {
  const key = fc.oneof(fc.string(), fc.constantFrom("a.b", "$set", "_id", "__proto__", "10", "2"));
  const metadata = fc.dictionary(key, fc.jsonValue()).map((object) => object as JsonObject);
  fc.assert(
    fc.property(metadata, fc.integer(), fc.maxSafeInteger(), (each, small, timestamp) => {
      const parts = { scope: "s", id: "a", text: "née 😀", timestamp };
      let sealed: ReturnType<typeof sealDocument>;
      try {
        sealed = sealDocument({ ...parts, metadata: { ...each, small, big: small * 1e300 } });
      } catch {
        return; // Lone surrogates, U+0000 and Infinity do not pass the edge.
      }
      const read = toStored(throughBson(newRecord(sealed, revision, 5)));
      expect(read).toStrictEqual(reported(sealed, revision));
      expect(Object.keys(read.metadata)).toEqual(Object.keys(sealed.metadata));
    }),
  );
});

test("numbers keep their value: −0 is 0, large and small doubles, safe integers", () => {
  const metadata = { zero: -0, int: 1, double: 1.5e-7, big: 1e21, safe: 2 ** 53 - 1, max: 1.7e308 };
  const sealed = sealDocument({ scope: "", id: "a", text: "", metadata, timestamp: -1 });
  const read = toStored(throughBson(newRecord(sealed, revision, 5)));
  expect(read.metadata).toStrictEqual({ ...metadata, zero: 0 });
  expect(Object.is(read.metadata["zero"], 0)).toBe(true);
  expect(read.revision).toEqual(revision);
  expect(read.timestamp).toBe(-1);
});

test("the largest and deepest document fits BSON's 16 MiB and 100 levels", () => {
  const text = "é".repeat(2 * 1024 * 1024);
  const metadata = { deep: nested(63), long: "x".repeat(1_000_000) };
  const sealed = sealDocument({
    scope: "s".repeat(512),
    id: "😀".repeat(128),
    text,
    metadata,
    timestamp: 0,
  });
  const record = newRecord(sealed, revision, 5);
  expect(BSON.calculateObjectSize(record)).toBeLessThan(16 * 1024 * 1024);
  expect(toStored(throughBson(record)).metadata).toEqual(metadata);
});

test("a document without text asks for no index work", () => {
  const sealed = sealDocument({ scope: "", id: "a", text: "", metadata: {}, timestamp: 0 });
  expect(newRecord(sealed, revision, 5)).not.toHaveProperty("work");
  expect(newRecord({ ...sealed, text: "a" }, revision, 5).work).toMatchObject({ dueAt: 5 });
});
