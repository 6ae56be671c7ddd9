import { isDeepStrictEqual } from "node:util";
import { parseJsonText } from "@palimpsest/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../json/parse-json.ts";
import { writeJson } from "../json/write-json.ts";
import { anyJson, records } from "./fixtures/json-values.ts";
import { legend } from "./legend.ts";
import { pack } from "./pack.ts";
import { packStream, type PackStreamOptions } from "./pack-stream.ts";
import { unpack } from "./unpack.ts";
import { unpackStream } from "./unpack-stream.ts";

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

async function packed(
  input: Iterable<unknown> | AsyncIterable<unknown>,
  options?: PackStreamOptions,
): Promise<string[]> {
  return collect(packStream(input, options));
}

async function unpacked(pieces: Iterable<string>): Promise<unknown[]> {
  return collect(unpackStream(pieces));
}

const rows = Array.from({ length: 10 }, (_, i) => ({ id: i, name: `n${i}`, tags: ["a", "b"] }));

describe("packStream", () => {
  test("one block is what pack writes", async () => {
    expect((await packed(rows)).join("")).toBe(pack(rows));
  });

  test("all blocks but the last announce another", async () => {
    const pieces = await packed(rows, { blockSize: 4, legend: true });
    expect(
      pieces.map((piece) => piece.split("\n").find((line) => line.startsWith("#pack1"))),
    ).toEqual(["#pack1 4+", "#pack1 4+", "#pack1 2"]);
    expect(pieces.filter((piece) => piece.includes(legend("readable")))).toHaveLength(1);
    expect(unpack(pieces.join(""))).toStrictEqual(rows);
    expect((await packed(rows, { blockSize: 5 })).map((piece) => piece.slice(0, 9))).toEqual([
      "#pack1 5+",
      "#pack1 5\n",
    ]);
  });

  test("takes asynchronous records and holds one block at a time", async () => {
    let made = 0;
    async function* source() {
      for (const row of rows) {
        made++;
        yield row;
      }
    }
    const stream = packStream(source(), { blockSize: 3 });
    await stream.next();
    expect(made).toBe(4);
    await stream.next();
    expect(made).toBe(7);
    await stream.return();
  });

  test("none, scalars, and minified", async () => {
    expect(await packed([])).toEqual(["#pack1 0\n\n"]);
    expect(unpack("#pack1 0\n\n")).toEqual([]);
    expect(await unpacked(await packed([]))).toEqual([]);
    expect(unpack((await packed([1, "x", null, [], {}], { blockSize: 2 })).join(""))).toEqual([
      1,
      "x",
      null,
      [],
      {},
    ]);
    const minified = await packed(rows, { profile: "minified", blockSize: 3 });
    expect(minified.join("")).toBe(JSON.stringify(rows));
    expect((await packed([], { profile: "minified" })).join("")).toBe("[]");
    expect((await packed([-0, 1], { profile: "minified", blockSize: 1 })).join("")).toBe("[-0,1]");
  });

  test("an unfit record is named by its place in the whole stream", async () => {
    const bad = [...rows, { a: 1n }];
    await expect(packed(bad, { blockSize: 3 })).rejects.toThrow('records[10]["a"] is a BigInt');
    await expect(packed(rows, { blockSize: 0 })).rejects.toThrow("blockSize must be a positive");
  });

  test("any records in any blocks, read at once or piece by piece", async () => {
    const value = fc.oneof(records, fc.array(anyJson, { maxLength: 6 }));
    const profile = fc.constantFrom("readable", "dense", "minified");
    await fc.assert(
      fc.asyncProperty(value, profile, fc.integer({ min: 1, max: 4 }), async (list, name, size) => {
        const text = (await packed(list, { profile: name, blockSize: size })).join("");
        const expected = parseJsonText(writeJson(list as never));
        // toStrictEqual takes a key "constructor" for the class.
        expect(isDeepStrictEqual(unpack(text), expected)).toBe(true);
        fc.pre(text.startsWith("#"));
        const pieces = text.split(/(?<=[\t,])/);
        expect(isDeepStrictEqual(await unpacked(pieces), expected)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("unpackStream", () => {
  test("yields a block's records before the next block is there", async () => {
    const pieces = await packed(rows, { blockSize: 4 });
    let given = 0;
    function* source() {
      for (const piece of pieces) {
        given++;
        yield piece;
      }
    }
    const stream = unpackStream(source());
    expect((await stream.next()).value).toEqual(rows[0]);
    expect(given).toBe(1);
    await stream.return();
  });

  test("keeps numbers as written when asked to", async () => {
    const text = pack(parseJson('[{"n":1.0},{"n":2.50}]'));
    const source = await collect(unpackStream([text], { numbers: "source" }));
    expect(JSON.stringify(source)).toBe('[{"n":1.0},{"n":2.50}]');
  });

  test("refuses a cut anywhere, text after the end, and what is no stream", async () => {
    const text = (await packed(rows, { blockSize: 4, legend: true, repeatHeader: 2 })).join("");
    expect(await unpacked([text])).toStrictEqual(rows);
    const corrupt: unknown = expect.objectContaining({ code: "E_CORRUPT" });
    for (let end = 0; end < text.length; end++) {
      await expect(unpacked([text.slice(0, end)])).rejects.toEqual(corrupt);
    }
    for (const other of [`${text}x`, `${text}\n`, "[1]\n", '#pack1 {"a":null}\n@a 1\nb\n1\n']) {
      await expect(unpacked([other])).rejects.toEqual(corrupt);
    }
    await expect(unpacked(["#pack1 1\n@key\ta\nx\t1\n"])).rejects.toThrow("no array of records");
  });

  test("positions count from the start of the stream", async () => {
    const pieces = await packed(rows, { blockSize: 4 });
    const damaged = pieces.map((piece, i) => (i === 1 ? piece.replace("n5", '"n5') : piece));
    await expect(unpacked(damaged)).rejects.toMatchObject({ position: { line: 10, column: 3 } });
  });

  test("refuses what unpack refuses, for the same reason when there is but one", async () => {
    const text = (await packed(rows, { blockSize: 4, legend: true })).join("");
    for (const [part, replacement] of [
      ["# Table", "# \rTable"],
      ["\nid\t", "\nid:1=2\t"],
      ["n5", '"n5'],
      ["n9", "n9\tx"],
      [/n2[^]*/, '"n2\n'],
      [/count[^]*/, "c"],
    ] as const) {
      const damaged = text.replace(part, replacement);
      expect(damaged).not.toBe(text);
      const error = await unpacked([damaged]).catch((caught: unknown) => caught as Error);
      expect(() => unpack(damaged)).toThrow((error as Error).message);
    }
  });
});
