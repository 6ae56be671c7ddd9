import type { Savings } from "./cache.ts";

/**
 * Thrown by a fill to hand its value to all who wait without caching it. It never leaves this package:
 * whoever throws it inside a fill catches it around the call.
 */
export class Unstored<T> extends Error {
  override readonly name: string = "Unstored";
  readonly value: T;
  /** Set when the value came from another entry, with what that saved. */
  readonly near: Savings | undefined;

  constructor(value: T, near?: Savings) {
    super("the value is not to be cached");
    this.value = value;
    this.near = near;
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
