import { crc32 } from "node:zlib";
import type { Savings } from "../cache.ts";
import type { CacheKey } from "../cache-key.ts";
import { digestOf } from "../keys/store-names.ts";
import { ByteCursor, damaged, doubleOf, textOf, varintOf } from "./byte-cursor.ts";
import { compress, decompress } from "./compression.ts";
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

/** A record whose integrity and owner are checked; the value is not decoded yet. */
export interface OpenedEntry extends EntryRecord {
  /** As stored, before anything is unpacked. */
  readonly valueBytes: number;
  /** @throws for a damaged value; a promise when it has to be unpacked */
  readonly value: () => unknown;
}

/**
 * Layout, numbers little-endian: version, CRC-32 of all that follows, flags, 16 characters of the
 * key's digest, creation time and fingerprint (6 bytes each), then varints and what the flags
 * announce, then the value.
 */
const version = 1;
const at = { checksum: 1, flags: 5, owner: 6, createdAt: 22, fingerprint: 28, rest: 34 } as const;
const flag = { kind: 7, compressed: 8, tags: 16, class: 32, tokens: 64, cost: 128 } as const;

const ownerLength = 16;
/** Nothing larger is unpacked, whatever a header says. */
const largestValue = 256 * 2 ** 20;

/** @throws `E_UNSUPPORTED` for a value that has no bytes */
export async function encodeEntry(
  key: CacheKey,
  record: EntryRecord,
  value: unknown,
  compressAbove: number,
): Promise<Uint8Array> {
  const { kind, bytes } = encodeValue(value);
  // The mantissas of vectors are noise.
  const mayShrink = kind !== valueKinds.float32 && bytes.byteLength > compressAbove;
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
  const whole = Buffer.concat([
    head,
    ...[record.ttl, record.staleWhileRevalidate, record.staleIfError, record.duration].map(
      varintOf,
    ),
    ...(packed ? [varintOf(bytes.byteLength)] : []),
    ...(tags.length > 0 ? [varintOf(tags.length), ...tags.map(textOf)] : []),
    ...(ownClass === undefined ? [] : [textOf(ownClass)]),
    ...(savings?.tokens === undefined ? [] : [doubleOf(savings.tokens)]),
    ...(savings?.cost === undefined ? [] : [doubleOf(savings.cost)]),
    packed ?? bytes,
  ]);
  whole.writeUInt32LE(checksumOf(whole), at.checksum);
  return whole;
}

/**
 * Checks every byte and that the entry was written for this key.
 * @throws `E_CORRUPT` for anything else, `E_UNSUPPORTED` for another version
 */
export function openEntry(key: CacheKey, bytes: Uint8Array): OpenedEntry {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < at.rest || buffer[0] !== version) throw damaged("an unknown format");
  if (buffer.readUInt32LE(at.checksum) !== checksumOf(buffer)) throw damaged("a wrong checksum");
  if (!isOwner(key, buffer)) throw damaged("another key's name");
  const flags = buffer[at.flags]!;
  const cursor = new ByteCursor(buffer, at.rest);
  // Read in the order in which they were written.
  const ttl = cursor.varint();
  const staleWhileRevalidate = cursor.varint();
  const staleIfError = cursor.varint();
  const duration = cursor.varint();
  const length = flags & flag.compressed ? cursor.varint() : undefined;
  const tags = flags & flag.tags ? textsOf(cursor) : noTags;
  const ownClass = flags & flag.class ? cursor.text() : undefined;
  const savings = flags & (flag.tokens | flag.cost) ? savingsOf(cursor, flags) : undefined;
  const body = cursor.rest();
  const kind = flags & flag.kind;
  return {
    createdAt: buffer.readUIntLE(at.createdAt, 6),
    ttl,
    staleWhileRevalidate,
    staleIfError,
    duration,
    tags,
    class: ownClass,
    savings,
    fingerprint: buffer.readUIntLE(at.fingerprint, 6),
    valueBytes: body.length,
    value: () => (length === undefined ? decodeValue(kind, body) : unpacked(kind, body, length)),
  };
}

const noTags: readonly string[] = [];

/** By hand: a batch compares hundreds, and a string for each costs more than the comparison. */
function isOwner(key: CacheKey, buffer: Buffer): boolean {
  const start = key.length - digestOf(key).length;
  for (let i = 0; i < ownerLength; i++) {
    if (buffer[at.owner + i] !== key.charCodeAt(start + i)) return false;
  }
  return true;
}

function savingsOf(cursor: ByteCursor, flags: number): Savings {
  return {
    ...(flags & flag.tokens && { tokens: cursor.double() }),
    ...(flags & flag.cost && { cost: cursor.double() }),
  };
}

async function unpacked(kind: number, body: Buffer, length: number): Promise<unknown> {
  if (length > largestValue) throw damaged("more bytes than any value may have");
  return decodeValue(kind, await decompress(body, length));
}

function textsOf(cursor: ByteCursor): string[] {
  // Grows as it reads: a hostile count must not reserve memory.
  const texts: string[] = [];
  for (let left = cursor.varint(); left > 0; left--) texts.push(cursor.text());
  return texts;
}

function checksumOf(buffer: Buffer): number {
  return crc32(buffer.subarray(at.flags));
}
