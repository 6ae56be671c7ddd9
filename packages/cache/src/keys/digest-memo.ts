import { isPlainObject } from "./plain-object.ts";

interface Remembered {
  readonly snapshot: Record<string, unknown>;
  readonly text: string;
}

const notKept: unique symbol = Symbol("not kept");

/**
 * Texts of objects that were digested before. An object that was changed since is not recognised:
 * its snapshot is compared leaf by leaf, which for an unchanged string compares a pointer.
 */
export class DigestMemo {
  readonly #without: ReadonlySet<string>;
  readonly #remembered = new WeakMap<object, Remembered>();

  constructor(without: ReadonlySet<string>) {
    this.#without = without;
  }

  find(object: Record<string, unknown>): string | undefined {
    const remembered = this.#remembered.get(object);
    if (remembered === undefined) return undefined;
    return sameMembers(remembered.snapshot, object, this.#without) ? remembered.text : undefined;
  }

  /** Without effect for an object that holds bytes: to compare those costs as much as to hash them. */
  keep(object: Record<string, unknown>, text: string): void {
    const snapshot = snapshotOf(object);
    if (snapshot !== notKept) {
      this.#remembered.set(object, { snapshot: snapshot as Record<string, unknown>, text });
    }
  }
}

function snapshotOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const copies = value.map(snapshotOf);
    return copies.includes(notKept) ? notKept : copies;
  }
  if (!isPlainObject(value)) return notKept;
  const members = Object.entries(value).map(([key, member]) => [key, snapshotOf(member)] as const);
  return members.some(([, member]) => member === notKept) ? notKept : Object.fromEntries(members);
}

function same(snapshot: unknown, value: unknown): boolean {
  if (snapshot === value) return true;
  if (Array.isArray(snapshot)) {
    return (
      Array.isArray(value) &&
      snapshot.length === value.length &&
      snapshot.every((element, i) => same(element, value[i]))
    );
  }
  return isPlainObject(snapshot) && isPlainObject(value) && sameMembers(snapshot, value, none);
}

const none: ReadonlySet<string> = new Set();

function sameMembers(
  snapshot: Record<string, unknown>,
  value: Record<string, unknown>,
  without: ReadonlySet<string>,
): boolean {
  let count = 0;
  for (const key in snapshot) {
    count++;
    if (!without.has(key) && !same(snapshot[key], value[key])) return false;
  }
  for (const _ in value) count--;
  return count === 0;
}
