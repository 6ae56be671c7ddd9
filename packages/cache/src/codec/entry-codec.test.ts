import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CacheKey, cacheKey } from "../cache-key.ts";
import { varintOf } from "./byte-cursor.ts";
import { encodeEntry, type EntryRecord, openEntry } from "./entry-codec.ts";

const key = cacheKey({ scope: "acme", prefix: "llm", parts: [1] });
const other = cacheKey({ scope: "evil", prefix: "llm", parts: [1] });

const record: EntryRecord = {
  createdAt: Date.UTC(2030, 0, 1),
  ttl: 3_600_000,
  staleWhileRevalidate: 60_000,
  staleIfError: 86_400_000,
  duration: 1_234,
  tags: [],
  class: undefined,
  savings: undefined,
  fingerprint: 2 ** 47 + 5,
};

async function roundTrip(value: unknown, compressAbove = 4_096): Promise<unknown> {
  return openEntry(key, await encodeEntry(key, record, value, compressAbove)).value();
}

test("records come back as they were written (property)", async () => {
  const duration = fc.integer({ min: 0, max: 2 ** 43 });
  const records = fc.record({
    createdAt: fc.integer({ min: 0, max: 2 ** 47 }),
    ttl: duration,
    staleWhileRevalidate: duration,
    staleIfError: duration,
    duration,
    tags: fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 })),
    class: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
    savings: fc.option(
      fc.oneof(
        fc.record({ tokens: fc.double({ noNaN: true }), cost: fc.double({ noNaN: true }) }),
        fc.record({ cost: fc.double({ noNaN: true }) }),
      ),
      { nil: undefined },
    ),
    fingerprint: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  });
  await fc.assert(
    fc.asyncProperty(records, async (written) => {
      const read = openEntry(key, await encodeEntry(key, written, "x", 4_096));
      expect({ ...read }).toEqual(written);
      expect(read.value()).toBe("x");
      expect(read.valueBytes).toBe(1);
    }),
  );
});

test("values come back as they were written, compressed or not (property)", async () => {
  const leaf = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.bigInt(),
    fc.date(),
    fc.uint8Array(),
    fc.float32Array(),
    fc.constantFrom("$cache", "\ufeffmark", "\ud800", "x".repeat(5_000)),
  );
  const value = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, leaf, tie("list"), tie("members")),
    list: fc.array(fc.oneof(tie("value"), fc.constant(undefined)), { maxLength: 4 }),
    members: fc.dictionary(fc.constantFrom("a", "$cache", "__proto__", ""), tie("value")),
  })).value;
  await fc.assert(
    fc.asyncProperty(value, fc.constantFrom(1, 4_096), async (written, compressAbove) => {
      expect(await roundTrip(written, compressAbove)).toEqual(written);
    }),
    { numRuns: 300 },
  );
});

test("keys with escapes are read as written, whatever was read before", async () => {
  for (const [kind, extra] of [
    ["plain", 1],
    ["tagged", 1n],
  ] as const) {
    for (const name of ["of key\\", "of key\n"]) {
      const written = { [kind]: extra, [name]: 0 };
      expect(await roundTrip(written)).toEqual(written);
    }
  }
});

test("undefined and null are values", async () => {
  expect(await roundTrip(undefined)).toBeUndefined();
  expect(await roundTrip(null)).toBeNull();
});

test("vectors and bytes stay binary, and a view writes only what it shows", async () => {
  const vector = Float32Array.from({ length: 1_536 }, (_, i) => Math.sin(i));
  expect((await encodeEntry(key, record, vector, 4_096)).byteLength).toBeLessThanOrEqual(6_200);
  expect(await roundTrip(vector)).toEqual(vector);
  const shown = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  expect(await roundTrip(shown)).toEqual(Uint8Array.of(2, 3));
});

test("a buffer stays a buffer, bytes stay bytes, at the top and inside", async () => {
  for (const value of [Buffer.from("tea"), Uint8Array.of(1, 2)]) {
    for (const read of [await roundTrip(value), ((await roundTrip([value, 1n])) as [unknown])[0]]) {
      expect(read).toEqual(value);
      expect(Object.getPrototypeOf(read)).toBe(Object.getPrototypeOf(value));
    }
  }
});

test("what is written is what can be read: nothing beyond 256 MiB", async () => {
  const large = new Uint8Array(256 * 2 ** 20 + 1);
  await expect(encodeEntry(key, record, large, large.length)).rejects.toMatchObject({
    code: "E_UNSUPPORTED",
  });
});

test("long texts shrink, noise is left as it is", async () => {
  const text = "A question about tea. ".repeat(1_000);
  expect((await encodeEntry(key, record, text, 4_096)).byteLength).toBeLessThan(text.length / 10);
  expect(await roundTrip(text)).toBe(text);
  const noise = crypto.getRandomValues(new Uint8Array(10_000));
  expect((await encodeEntry(key, record, noise, 4_096)).byteLength).toBeGreaterThan(10_000);
  expect(await roundTrip(noise)).toEqual(noise);
});

test("what other processes could not read is refused", async () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  // oxlint-disable-next-line no-sparse-arrays -- the hole is what is tested
  const holes = [1, , 2];
  // A named member makes up for the hole.
  const both = Object.assign([1], { length: 2, name: "x" });
  const lists = [holes, [holes, 1n], both, /t(e)a/.exec("tea")];
  const others = [() => 1, new Map(), Symbol("x"), { at: new Set() }, [cycle], new Float64Array(1)];
  for (const value of [...others, ...lists]) {
    await expect(encodeEntry(key, record, value, 4_096)).rejects.toMatchObject({
      code: "E_UNSUPPORTED",
    });
  }
});

test("another key's value is refused, of the same tenant too", async () => {
  const bytes = await encodeEntry(key, record, "secret", 4_096);
  expect(openEntry(key, bytes).value()).toBe("secret");
  for (const stranger of [other, cacheKey({ scope: "acme", prefix: "llm", parts: [2] })]) {
    expect(() => openEntry(stranger, bytes)).toThrow("another key's name");
  }
});

test("a value of another format version is refused", async () => {
  const bytes = await encodeEntry(key, record, "x", 4_096);
  bytes[0] = 2;
  expect(() => openEntry(key, bytes)).toThrow("unknown format");
});

/** Opens and decodes; anything but an answer must be an error, and never the wrong value. */
async function outcome(
  owner: CacheKey,
  bytes: Uint8Array,
): Promise<"refused" | { value: unknown }> {
  try {
    return { value: await openEntry(owner, bytes).value() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return "refused";
  }
}

test("truncated and altered bytes are refused (property)", async () => {
  const value = { text: "tea ".repeat(50) };
  const written = [
    await encodeEntry(key, { ...record, tags: ["a"], savings: { cost: 1 } }, value, 4_096),
    await encodeEntry(key, record, value, 1),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...written),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (bytes, position, change) => {
        const cut = bytes.slice(0, position % bytes.length);
        expect(await outcome(key, cut)).toBe("refused");
        const altered = bytes.slice();
        altered[position % bytes.length]! ^= change;
        expect(await outcome(key, altered)).toBe("refused");
      },
    ),
    { numRuns: 500 },
  );
});

test("a hostile length of a packed value reserves no memory, whatever the checksum says", async () => {
  const text = "tea ".repeat(2_000);
  const bytes = Buffer.from(await encodeEntry(key, record, text, 4_096));
  const before = [record.ttl, record.staleWhileRevalidate, record.staleIfError, record.duration];
  const start = 34 + before.reduce((sum, each) => sum + varintOf(each).length, 0);
  for (const length of [text.length - 1, 2 ** 40]) {
    const claimed = Buffer.concat([
      bytes.subarray(0, start),
      varintOf(length),
      bytes.subarray(start + varintOf(text.length).length),
    ]);
    claimed.writeUInt32LE(crc32(claimed.subarray(5)), 1);
    expect(openEntry(key, claimed).valueBytes).toBeLessThan(1_000);
    await expect(openEntry(key, claimed).value()).rejects.toThrow(/larger|more bytes/);
  }
});

test("of a vector the header, the length and every sixteenth part are checked (property)", async () => {
  const vector = Float32Array.from({ length: 1_536 }, (_, i) => Math.sin(i));
  const bytes = await encodeEntry(key, record, vector, 4_096);
  const start = bytes.length - vector.byteLength;
  const part = vector.byteLength / 16;
  const property = fc.asyncProperty(
    fc.nat(bytes.length - 1),
    fc.nat(start - 1),
    fc.integer({ min: start, max: bytes.length - part }),
    async (end, position, from) => {
      expect(await outcome(key, bytes.slice(0, end))).toBe("refused");
      expect(await outcome(key, Uint8Array.from([...bytes, 0, 0, 0, 0]))).toBe("refused");
      const altered = bytes.slice();
      altered[position]! ^= 1;
      expect(await outcome(key, altered)).toBe("refused");
      // Signs alone, too.
      const turned = bytes.slice();
      for (let i = from; i < from + part; i++) turned[i]! ^= 128;
      expect(await outcome(key, turned)).toBe("refused");
    },
  );
  await fc.assert(property, { numRuns: 50 });
});

test("random bytes are refused, and a hostile length reserves no memory (property)", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      expect(await outcome(key, bytes)).toBe("refused");
      expect(await outcome(key, Uint8Array.from([1, ...bytes]))).toBe("refused");
    }),
    { numRuns: 500 },
  );
});
