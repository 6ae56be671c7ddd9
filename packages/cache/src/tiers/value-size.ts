/** What V8 spends on an object, an array slot and a string's header, roughly. */
const objectBytes = 32;
const slotBytes = 8;
const stringBytes = 16;

/** Estimated bytes in memory. Shared objects and cycles are counted once. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return stringBytes + value.length * 2;
  let bytes = 0;
  const seen = new Set<object>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "string") bytes += stringBytes + next.length * 2;
    else if (typeof next !== "object" || next === null) bytes += slotBytes;
    else if (ArrayBuffer.isView(next)) bytes += objectBytes * 2 + next.byteLength;
    else if (!seen.has(next)) {
      seen.add(next);
      bytes += objectBytes;
      const members: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
      bytes += members.length * slotBytes;
      for (const member of members) open.push(member);
    }
  }
  return bytes;
}

/** The same, told from the bytes of a stored value, which need not be walked through. */
export function sizeOfStored(value: unknown, storedBytes: number): number {
  const isText = typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
  return isText ? objectBytes + storedBytes * 2 : sizeOf(value);
}
