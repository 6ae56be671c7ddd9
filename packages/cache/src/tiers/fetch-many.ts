import { type KeyValueStore, PalimpsestError } from "@palimpsest/core";

/**
 * `getMany` of a store that is not trusted to answer as it should.
 * @throws `E_CORRUPT` for an answer that is not bytes or undefined, one per name
 */
export async function fetchMany(
  store: KeyValueStore,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly (Uint8Array | undefined)[]> {
  const answer: readonly unknown[] = await store.getMany(names, { signal });
  if (Array.isArray(answer) && answer.length === names.length && answer.every(isBytesOrAbsent)) {
    return answer;
  }
  throw new PalimpsestError(
    "E_CORRUPT",
    `getMany of the cache's second tier ${store.name} must give one Uint8Array or undefined per key, in order`,
  );
}

function isBytesOrAbsent(value: unknown): value is Uint8Array | undefined {
  return value === undefined || value instanceof Uint8Array;
}
