import { type DocumentKey, PalimpsestError } from "@palimpsest/core";

/** Chroma knows one id per collection: the scope's length in UTF-16 units, a colon, scope and id. */
export function toEntryId(key: DocumentKey): string {
  return `${key.scope.length}:${key.scope}${key.id}`;
}

/** @throws `E_CORRUPT` for an id that this driver did not write */
export function toDocumentKey(entryId: string): DocumentKey {
  const colon = entryId.indexOf(":");
  const digits = entryId.slice(0, Math.max(0, colon));
  const start = colon + 1;
  const end = start + Number(digits);
  const key = { scope: entryId.slice(start, end), id: entryId.slice(end) };
  if (/^\d+$/.test(digits) && end < entryId.length && toEntryId(key) === entryId) return key;
  throw new PalimpsestError(
    "E_CORRUPT",
    "the collection holds an id that Palimpsest did not write; keep other data in another collection",
  );
}
