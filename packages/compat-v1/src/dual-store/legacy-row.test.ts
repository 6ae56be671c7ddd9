import fc from "fast-check";
import { BSON, ObjectId } from "mongodb";
import { describe, expect, it } from "vitest";
import { ownRowId, readRow, rowTime, toStored, writeRow } from "./legacy-row.ts";

const keys = { textKey: "content", timeKey: "created_at" };

describe("rows of v1", () => {
  it("hold every document exactly, through the server's own encoding", () => {
    const metadata = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 });
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        metadata,
        fc.integer(),
        (text, raw, timestamp) => {
          let stored;
          try {
            stored = toStored(
              { scope: "", id: "a", text, metadata: raw as never, timestamp },
              { epoch: 0, counter: 1 },
            );
          } catch {
            // What the core refuses is not written.
            return;
          }
          const row = writeRow(stored, ownRowId(stored), keys);
          const back = BSON.deserialize(BSON.serialize(row)) as typeof row;
          expect(toStored(readRow(back, keys), stored.revision)).toEqual(stored);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("has v1's four fields under the family's names, and the caller's own", () => {
    const stored = toStored(
      {
        scope: "",
        id: "a",
        text: "x",
        metadata: { tag: 1, dualStoreExtra: { source: "import" } },
        timestamp: 5,
      },
      { epoch: 0, counter: 3 },
    );
    expect(writeRow(stored, "row", keys)).toEqual({
      _id: "row",
      source: "import",
      id: "a",
      content: "x",
      created_at: 5,
      metadata: { tag: 1 },
      palimpsest: { epoch: 0, counter: 3 },
    });
  });

  it("keep keys with escapes in exact metadata, whatever was read before", () => {
    for (const name of ["of key\\", "of key\n"]) {
      const metadata = { "a row": 0, [name]: 0 };
      const palimpsest = { epoch: 0, counter: 1, metadata: JSON.stringify(metadata) };
      expect(readRow({ _id: "row", palimpsest }, keys).metadata).toEqual(metadata);
    }
  });

  it("never takes the present for a missing time", () => {
    const _id = new ObjectId("6553f96fa799348f80879925");
    expect(rowTime({ _id, metadata: { created_at: "1970-01-01T00:00:05Z" } }, keys)).toBe(5_000);
    expect(rowTime({ _id, metadata: { timeStamp: 7 } }, keys)).toBe(7);
    expect(rowTime({ _id, created_at: "soon" }, keys)).toBe(_id.getTimestamp().getTime());
  });

  it("gives one _id per key, so that two writers never add two rows", () => {
    const key = { scope: "", id: "a" };
    expect(ownRowId(key).equals(ownRowId({ ...key }))).toBe(true);
    expect(ownRowId(key).equals(ownRowId({ scope: "a", id: "" }))).toBe(false);
  });
});
