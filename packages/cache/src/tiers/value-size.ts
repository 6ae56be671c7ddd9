/** What V8 spends on an object, an array slot and a string's header, roughly. */
const objectBytes = 32;
const slotBytes = 8;
const stringBytes = 16;

/** Estimated bytes in memory. Shared objects and cycles are counted once. */
export function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return sizeOfLeaf(value);
  if (ArrayBuffer.isView(value)) return sizeOfBuffer(value);
  let bytes = 0;
  const seen = new Set<object>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null) bytes += sizeOfLeaf(next);
    else if (ArrayBuffer.isView(next) || next instanceof ArrayBuffer) bytes += sizeOfBuffer(next);
    else if (!seen.has(next)) {
      seen.add(next);
      const members = membersOf(next);
      bytes += objectBytes + members.length * slotBytes;
      for (const member of members) open.push(member);
    }
  }
  return bytes;
}

function sizeOfLeaf(value: unknown): number {
  return typeof value === "string" ? stringBytes + value.length * 2 : slotBytes;
}

function sizeOfBuffer({ byteLength }: ArrayBufferView | ArrayBuffer): number {
  return objectBytes * 2 + byteLength;
}

/** None of an object that does not let itself be read: a getter or a proxy may throw. */
function membersOf(object: object): readonly unknown[] {
  try {
    if (Array.isArray(object)) return object;
    if (object instanceof Map) return [...object.keys(), ...object.values()];
    if (object instanceof Set) return [...object];
    return Object.values(object);
  } catch {
    return [];
  }
}

/** The same, told from the bytes of a stored value, which need not be walked through. */
export function sizeOfStored(value: unknown, storedBytes: number): number {
  const isText = typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
  return isText ? objectBytes + storedBytes * 2 : sizeOf(value);
}
