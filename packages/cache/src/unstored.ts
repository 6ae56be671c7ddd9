import type { EntryOptions } from "./cache.ts";

/**
 * Thrown by a fill to hand its value to all who wait without caching it. It never leaves this package:
 * whoever throws it inside a fill catches it around the call.
 */
export class Unstored<T> extends Error {
  override readonly name: string = "Unstored";
  readonly value: T;
  /** Whether the value is that of another entry, which told of its hit itself. */
  readonly isNear: boolean;

  constructor(value: T, { isNear = false }: { readonly isNear?: boolean } = {}) {
    super("the value is not to be cached");
    this.value = value;
    this.isNear = isNear;
  }
}

/** The value of a call whose fill may throw `Unstored`. */
export async function valueOf<T>(call: T | Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Unstored) return error.value as T;
    throw error;
  }
}

/** Remembers what `negativeTtl` says of errors, and never a value that was thrown. */
export function exceptUnstored(
  negativeTtl: EntryOptions["negativeTtl"],
): Pick<EntryOptions, "negativeTtl"> {
  if (negativeTtl === undefined) return {};
  return {
    negativeTtl: (error) => (error instanceof Unstored ? undefined : negativeTtl(error)),
  };
}
