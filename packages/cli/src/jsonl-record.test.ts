import { type JsonObject, sealDocument, type StoredDocument } from "@palimpsest/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatRecord, isUnchanged, parseRecord } from "./jsonl-record.ts";

function stored(id: string, text: string, metadata: JsonObject, timestamp = 7): StoredDocument {
  const { digest } = sealDocument({ scope: "s", id, text, metadata, timestamp });
  const revision = { epoch: 3, counter: 9 };
  return { scope: "s", id, text, metadata, timestamp, digest, revision, deleted: false };
}

const text = fc.string({ unit: "binary" }).filter((value) => !value.includes("\0"));
const json = fc.dictionary(text, fc.jsonValue({ stringUnit: "binary" })).filter((value) => {
  try {
    stored("a", "", value as JsonObject);
    return true;
  } catch {
    return false;
  }
});

describe("JSONL records", () => {
  it("come back with the digest they left with, on one line", () => {
    fc.assert(
      fc.property(text, text, json, (id, body, metadata) => {
        const document = stored(`i${id}`.slice(0, 100), body, metadata as JsonObject);
        const line = formatRecord(document);
        expect(line).not.toContain("\n");
        const record = parseRecord(line, "f, line 1");
        expect(isUnchanged(record, "s", document)).toBe(true);
        expect(record.digest).toBe(document.digest);
      }),
    );
  });

  it("keep metadata with names that objects inherit", () => {
    const metadata = JSON.parse('{"__proto__":{"x":1},"constructor":"c"}') as JsonObject;
    const line = formatRecord(stored("a", "b", metadata));
    expect(JSON.stringify(parseRecord(line, "f").metadata)).toBe(JSON.stringify(metadata));
  });

  it("keep keys with escapes, whatever was read before", () => {
    for (const name of ["of key\\", "of key\n"]) {
      const metadata = { "a record": 0, [name]: 0 };
      expect(parseRecord(formatRecord(stored("a", "b", metadata)), "f").metadata).toEqual(metadata);
    }
  });

  it("carry neither revision nor state", () => {
    expect(Object.keys(JSON.parse(formatRecord(stored("a", "b", {}))))).toEqual([
      "scope",
      "id",
      "text",
      "metadata",
      "timestamp",
      "digest",
    ]);
  });

  it.each([
    ["{", "E_INVALID_INPUT", /f, line 3: not valid JSON/],
    ["[]", "E_INVALID_INPUT", /the line: .*expected object/],
    ['{"text":"x"}', "E_INVALID_INPUT", /field "id"/],
    ['{"id":"a"}', "E_INVALID_INPUT", /field "text"/],
    ['{"id":"","text":"x"}', "E_INVALID_INPUT", /id must not be empty/],
    ['{"id":"a","text":"x","vektor":[1]}', "E_INVALID_INPUT", /unknown field "vektor"/],
    ['{"id":"a","text":"x","timestamp":1.5}', "E_INVALID_INPUT", /field "timestamp"/],
    ['{"id":"a","text":"x","metadata":[]}', "E_INVALID_INPUT", /field "metadata"/],
    [
      `{"id":"a","text":"x","metadata":${'{"a":'.repeat(9e3)}1${"}".repeat(9e3)}}`,
      "E_INVALID_INPUT",
      /deeper/,
    ],
    ['{"id":"a","text":"\\u0000"}', "E_INVALID_INPUT", /U\+0000/],
    ['{"id":"a","text":"\\ud800"}', "E_INVALID_INPUT", /lone surrogate/],
    [formatRecord(stored("a", "b", {})).replace('"b"', '"c"'), "E_CORRUPT", /its digest/],
  ])("are refused with their line: %s", (line, code, message) => {
    expect(() => parseRecord(line, "f, line 3")).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    expect(() => parseRecord(line, "f, line 3")).toThrow(/^f, line 3: /);
  });

  it("without a time equal a document that is otherwise the same", () => {
    const document = stored("a", "b", { n: 1 });
    expect(isUnchanged({ id: "a", text: "b", metadata: { n: 1 } }, "s", document)).toBe(true);
    expect(isUnchanged({ id: "a", text: "c", metadata: { n: 1 } }, "s", document)).toBe(false);
    expect(isUnchanged({ id: "a", text: "b", timestamp: 8 }, "s", document)).toBe(false);
  });
});
