import { crc32 } from "node:zlib";
import { PalimpsestError } from "@palimpsest/core";
import type { Savings } from "../cache.ts";
import type { CacheKey } from "../cache-key.ts";
import { digestLength, digestOf } from "../keys/store-names.ts";
import { ByteCursor, damaged, doubleOf, paddingTo, textOf, varintOf } from "./byte-cursor.ts";
import { compress, decompress } from "./compression.ts";
import { vectorSum } from "./vector-sum.ts";
import { decodeValue, encodeValue, valueKinds } from "./value-codec.ts";

/** What the second tier keeps beside a value. Durations are milliseconds. */
export interface EntryRecord {
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly ttl: number;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  /** How long the fill took. */
  readonly duration: number;
  readonly tags: readonly string[];
  readonly class: string | undefined;
  readonly savings: Savings | undefined;
  /** Of the stamps that held when the fill began, in the order of the key's own, then the tags'. */
  readonly fingerprint: number;
}

/**
 * Layout, numbers little-endian: version, checksum of what follows, flags, 16 characters of the
 * key's digest, creation time and fingerprint (6 bytes each), then varints and what the flags
 * announce, for a vector zeros up to a multiple of 4, then the value. The checksum is CRC-32, for a
 * vector `vectorSum`: a few of its numbers could be altered unnoticed.
 */
const version = 1;
const at = { checksum: 1, flags: 5, owner: 6, createdAt: 22, fingerprint: 28, rest: 34 } as const;
const flag = { kind: 7, compressed: 8, tags: 16, class: 32, tokens: 64, cost: 128 } as const;

const ownerLength = 16;
/** Vectors begin where numbers can, so that they are read where they lie. */
const floatBytes = 4;
/** Nothing larger is written, and nothing larger unpacked, whatever a header says. */
const largestValue = 256 * 2 ** 20;

/** @throws `E_UNSUPPORTED` for a value that has no bytes, or too many */
export async function encodeEntry(
  key: CacheKey,
  record: EntryRecord,
  value: unknown,
  compressAbove: number,
): Promise<Uint8Array> {
  const { kind, bytes } = encodeValue(value);
  if (bytes.byteLength > largestValue) throw tooLarge(bytes.byteLength);
  // The mantissas of vectors are noise.
  const isVector = kind === valueKinds.float32;
  const mayShrink = !isVector && bytes.byteLength > compressAbove;
  const packed = mayShrink ? await compress(bytes) : undefined;
  const { tags, class: ownClass, savings } = record;
  const flags =
    kind |
    (packed ? flag.compressed : 0) |
    (tags.length > 0 ? flag.tags : 0) |
    (ownClass === undefined ? 0 : flag.class) |
    (savings?.tokens === undefined ? 0 : flag.tokens) |
    (savings?.cost === undefined ? 0 : flag.cost);
  const head = Buffer.alloc(at.rest);
  head[0] = version;
  head[at.flags] = flags;
  head.write(digestOf(key).slice(0, ownerLength), at.owner, "latin1");
  head.writeUIntLE(record.createdAt, at.createdAt, 6);
  head.writeUIntLE(record.fingerprint, at.fingerprint, 6);
  const before = Buffer.concat([
    head,
    varintOf(record.ttl),
    varintOf(record.staleWhileRevalidate),
    varintOf(record.staleIfError),
    varintOf(record.duration),
    ...(packed || isVector ? [varintOf(bytes.byteLength)] : []),
    ...(tags.length > 0 ? [varintOf(tags.length), ...tags.map(textOf)] : []),
    ...(ownClass === undefined ? [] : [textOf(ownClass)]),
    ...(savings?.tokens === undefined ? [] : [doubleOf(savings.tokens)]),
    ...(savings?.cost === undefined ? [] : [doubleOf(savings.cost)]),
  ]);
  const padding = isVector ? paddingTo(floatBytes, before.length) : 0;
  const whole = Buffer.concat([before, Buffer.alloc(padding), packed ?? bytes]);
  const start = before.length + padding;
  whole.writeUInt32LE(checksumOf(whole, isVector ? start : undefined), at.checksum);
  return whole;
}

/** A record whose integrity and owner are checked; the value is not decoded yet. */
export class OpenedEntry implements EntryRecord {
  readonly createdAt: number;
  readonly fingerprint: number;
  readonly ttl: number;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  readonly duration: number;
  readonly tags: readonly string[];
  readonly class: string | undefined;
  readonly savings: Savings | undefined;
  readonly #bytes: Uint8Array;
  readonly #kind: number;
  /** Where the value begins. */
  readonly #start: number;
  readonly #isPacked: boolean;
  /** Bytes that a packed value or a vector must have. */
  readonly #length: number | undefined;

  /** Reads the header as far as it goes, before it is known to be whole. @throws `E_CORRUPT` */
  constructor(bytes: Uint8Array) {
    const flags = bytes[at.flags]!;
    const isVector = (flags & flag.kind) === valueKinds.float32;
    const cursor = new ByteCursor(bytes, at.rest);
    this.#bytes = bytes;
    this.#kind = flags & flag.kind;
    this.createdAt = uint48(bytes, at.createdAt);
    this.fingerprint = uint48(bytes, at.fingerprint);
    // Read in the order in which they were written.
    this.ttl = cursor.varint();
    this.staleWhileRevalidate = cursor.varint();
    this.staleIfError = cursor.varint();
    this.duration = cursor.varint();
    this.#isPacked = (flags & flag.compressed) !== 0;
    this.#length = this.#isPacked || isVector ? cursor.varint() : undefined;
    this.tags = flags & flag.tags ? textsOf(cursor) : noTags;
    this.class = flags & flag.class ? cursor.text() : undefined;
    this.savings = flags & (flag.tokens | flag.cost) ? savingsOf(cursor, flags) : undefined;
    if (isVector) cursor.align(floatBytes);
    this.#start = cursor.at;
  }

  get isWhole(): boolean {
    const isVector = this.#kind === valueKinds.float32;
    if (isVector && this.valueBytes !== this.#length) return false;
    const checksum = checksumOf(this.#bytes, isVector ? this.#start : undefined);
    return uint32(this.#bytes, at.checksum) === checksum;
  }

  /** As stored, before anything is unpacked. */
  get valueBytes(): number {
    return this.#bytes.length - this.#start;
  }

  /** @returns a promise when it has to be unpacked. @throws for a damaged value */
  value(): unknown {
    return this.#isPacked
      ? this.#unpack(this.#length!)
      : decodeValue(this.#kind, this.#bytes, this.#start);
  }

  async #unpack(length: number): Promise<unknown> {
    if (length > largestValue) throw damaged("more bytes than any value may have");
    const unpacked = await decompress(this.#bytes.subarray(this.#start), length);
    return decodeValue(this.#kind, unpacked, 0);
  }
}

/**
 * Checks that the entry is whole and was written for this key.
 * @throws `E_CORRUPT` for anything else, another version too
 */
export function openEntry(key: CacheKey, bytes: Uint8Array): OpenedEntry {
  if (bytes.length < at.rest || bytes[0] !== version) throw damaged("an unknown format");
  const entry = new OpenedEntry(bytes);
  if (!entry.isWhole) throw damaged("a wrong checksum or length");
  if (!isOwner(key, bytes)) throw damaged("another key's name");
  return entry;
}

const noTags: readonly string[] = [];

function tooLarge(size: number): PalimpsestError {
  return new PalimpsestError(
    "E_UNSUPPORTED",
    `a cached value has ${size} bytes, more than the ${largestValue} that are shared; cache its parts`,
  );
}

/** @param vectorStart - where the numbers of a vector begin; undefined for other values */
function checksumOf(bytes: Uint8Array, vectorStart: number | undefined): number {
  return vectorStart === undefined
    ? crc32(bytes.subarray(at.flags))
    : vectorSum(bytes, at.flags, vectorStart);
}

// By hand: a batch reads hundreds of headers, and a buffer's methods check their arguments each time.
function uint32(bytes: Uint8Array, start: number): number {
  const high = bytes[start + 2]! | (bytes[start + 3]! << 8);
  return (high >>> 0) * 2 ** 16 + (bytes[start]! | (bytes[start + 1]! << 8));
}

function uint48(bytes: Uint8Array, start: number): number {
  const high = bytes[start + 4]! | (bytes[start + 5]! << 8);
  return high * 2 ** 32 + uint32(bytes, start);
}

function isOwner(key: CacheKey, bytes: Uint8Array): boolean {
  const start = key.length - digestLength;
  for (let i = 0; i < ownerLength; i++) {
    if (bytes[at.owner + i] !== key.charCodeAt(start + i)) return false;
  }
  return true;
}

function savingsOf(cursor: ByteCursor, flags: number): Savings {
  return {
    ...(flags & flag.tokens && { tokens: cursor.double() }),
    ...(flags & flag.cost && { cost: cursor.double() }),
  };
}

function textsOf(cursor: ByteCursor): string[] {
  // Grows as it reads: a hostile count must not reserve memory.
  const texts: string[] = [];
  for (let left = cursor.varint(); left > 0; left--) texts.push(cursor.text());
  return texts;
}
