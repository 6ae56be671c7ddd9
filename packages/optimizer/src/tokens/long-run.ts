/** Classes of ASCII characters of which no piece of a vocabulary's split mixes two. */
const any = 0;
const letter = 1;
const digit = 2;
const space = 3;
const mark = 4;

const classes = Uint8Array.from({ length: 128 }, (_, code) => classOf(String.fromCharCode(code)));

function classOf(character: string): number {
  // Line breaks and slashes may follow marks within one piece.
  if (/[\r\n/]/.test(character)) return any;
  if (/\s/.test(character)) return space;
  if (/[A-Za-z]/.test(character)) return letter;
  return /\d/.test(character) ? digit : mark;
}

/**
 * Whether a piece of the split may be longer than `limit`. Characters beyond ASCII belong to any
 * run: a run that is in truth two is only counted by the slower way.
 */
export function hasLongRun(text: string, limit: number): boolean {
  let start = 0;
  let current = any;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? classes[code]! : any;
    // At most three digits make a piece.
    if (kind === digit || (kind !== any && current !== any && kind !== current)) start = i;
    if (kind !== any) current = kind;
    if (i - start >= limit) return true;
  }
  return false;
}
