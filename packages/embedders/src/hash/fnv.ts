/** Offset basis of 32-bit FNV-1a: the state before any byte. */
export const fnvStart: number = 0x811c9dc5 | 0;

/** The FNV-1a state after one more code point, fed as its UTF-8 bytes. */
export function fnvCodePoint(state: number, codePoint: number): number {
  if (codePoint < 0x80) return fnvByte(state, codePoint);
  if (codePoint < 0x800) {
    return fnvByte(fnvByte(state, 0xc0 | (codePoint >> 6)), trailing(codePoint));
  }
  if (codePoint < 0x10000) {
    const lead = fnvByte(state, 0xe0 | (codePoint >> 12));
    return fnvByte(fnvByte(lead, trailing(codePoint >> 6)), trailing(codePoint));
  }
  const lead = fnvByte(state, 0xf0 | (codePoint >> 18));
  const second = fnvByte(lead, trailing(codePoint >> 12));
  return fnvByte(fnvByte(second, trailing(codePoint >> 6)), trailing(codePoint));
}

/** The FNV-1a state after a whole text. */
export function fnvText(state: number, text: string): number {
  let hash = state;
  for (let i = 0; i < text.length; i++) {
    const codePoint = text.codePointAt(i) ?? 0;
    if (codePoint > 0xffff) i++;
    hash = fnvCodePoint(hash, codePoint);
  }
  return hash;
}

/** MurmurHash3's finaliser: FNV-1a alone leaves neighbouring inputs in neighbouring buckets. */
export function mix(state: number): number {
  let hash = state ^ (state >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function fnvByte(state: number, byte: number): number {
  return Math.imul(state ^ byte, 0x01000193);
}

function trailing(bits: number): number {
  return 0x80 | (bits & 0x3f);
}
