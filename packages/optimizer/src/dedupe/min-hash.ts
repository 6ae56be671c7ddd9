/** Enough for the estimate that only proposes candidates; the real similarity decides. */
const hashes = 128;

/** Most records near a threshold must share a band: the odds of a miss at exactly the threshold. */
const missed = 0.001;

/** The short pieces by which two texts are compared: three characters each, or the whole text. */
export function shinglesOf(text: string): ReadonlySet<string> {
  const characters = [...text];
  if (characters.length <= 3) return new Set([text]);
  return new Set(
    characters.slice(2).map((last, at) => `${characters[at]}${characters[at + 1]}${last}`),
  );
}

/** Jaccard similarity: the shared part of all pieces, from 0 to 1. */
export function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const shingle of few) if (many.has(shingle)) shared++;
  const all = a.size + b.size - shared;
  return all === 0 ? 1 : shared / all;
}

/**
 * MinHash bands: two sets that are as similar as `threshold` share one of these texts but for one
 * pair in a thousand; sets that are far from it hardly ever do.
 */
export function bandsOf(shingles: ReadonlySet<string>, threshold: number): string[] {
  const signature = signatureOf(shingles);
  const rows = rowsPerBand(threshold);
  const bands: string[] = [];
  for (let at = 0; at + rows <= hashes; at += rows) {
    bands.push(`${at}:${signature.subarray(at, at + rows).join(",")}`);
  }
  return bands;
}

function signatureOf(shingles: ReadonlySet<string>): Uint32Array {
  const signature = new Uint32Array(hashes).fill(0xffffffff);
  for (const shingle of shingles) {
    const hash = hashOf(shingle);
    for (let at = 0; at < hashes; at++) {
      const value = mix(hash ^ Math.imul(at + 1, 0x9e3779b1));
      if (value < (signature[at] ?? 0)) signature[at] = value;
    }
  }
  return signature;
}

/** More rows make fewer false candidates; as many as the odds of a miss allow. */
function rowsPerBand(threshold: number): number {
  for (let rows = 32; rows > 1; rows--) {
    if ((1 - threshold ** rows) ** Math.floor(hashes / rows) <= missed) return rows;
  }
  return 1;
}

/** FNV-1a, with murmur3's finaliser for the high bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}

function mix(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
