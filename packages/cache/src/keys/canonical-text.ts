import { hash } from "node:crypto";
import { PalimpsestError } from "@palimpsest/core";
import { DigestMemo } from "./digest-memo.ts";
import { isPlainObject } from "./plain-object.ts";

/** From here on a text is represented by its digest; also the size from which one is remembered. */
const longText = 256;
/** Deeper is a cycle or a mistake. */
const deepest = 64;
const nothing: ReadonlySet<string> = new Set();

/**
 * One text per value: keys sorted, members that are undefined left out, and what JSON does not know
 * marked by a character with which no JSON begins. Objects in lists, such as messages, and long
 * texts stand as digests; those of objects are remembered with the object.
 */
export class CanonicalText {
  readonly #volatile: ReadonlySet<string>;
  readonly #memo: DigestMemo;
  readonly #path: (string | number)[] = [];
  #isInElement = false;
  /** Whether the present element is worth remembering. */
  #hasHashed = false;

  /** @param volatile - members that objects in lists are read without, such as the id of a message */
  constructor(volatile: ReadonlySet<string> = nothing) {
    this.#volatile = volatile;
    this.#memo = new DigestMemo(volatile);
  }

  /** @throws `E_INVALID_INPUT` naming the place of what has no stable text */
  of(value: unknown): string {
    try {
      return this.#write(value);
    } finally {
      this.#path.length = 0;
      this.#isInElement = false;
    }
  }

  #write(value: unknown): string {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        if (Number.isFinite(value)) return JSON.stringify(value);
        throw this.#refused(`${value}`);
      case "boolean":
        return String(value);
      case "bigint":
        return `@n${value}`;
      case "object":
        return value === null ? "null" : this.#writeObject(value);
      default:
        throw this.#refused(`a value of type ${typeof value}`);
    }
  }

  #writeObject(value: object): string {
    if (this.#path.length >= deepest)
      throw this.#refused(`more than ${deepest} levels, or a cycle`);
    if (Array.isArray(value)) return this.#writeArray(value);
    if (value instanceof Uint8Array) return `@b${this.#hash(value)}`;
    if (value instanceof Date && Number.isFinite(value.getTime())) return `@d${value.getTime()}`;
    if (value instanceof URL) return `@u${JSON.stringify(value.href)}`;
    if (isPlainObject(value)) return this.#writeMembers(value, nothing);
    throw this.#refused(`an object of class ${value.constructor?.name ?? "unknown"}`);
  }

  #writeArray(array: readonly unknown[]): string {
    let out = "[";
    for (let i = 0; i < array.length; i++) {
      const element: unknown = array[i];
      this.#path.push(i);
      const text = isPlainObject(element) ? this.#element(element) : this.#write(element);
      out += i === 0 ? text : `,${text}`;
      this.#path.pop();
    }
    return `${out}]`;
  }

  /** Remembered for the outermost element only: its snapshot covers what lies inside. */
  #element(element: Record<string, unknown>): string {
    if (this.#isInElement) return this.#folded(this.#writeMembers(element, nothing));
    const known = this.#memo.find(element);
    if (known !== undefined) return known;
    this.#isInElement = true;
    this.#hasHashed = false;
    const text = this.#folded(this.#writeMembers(element, this.#volatile));
    this.#isInElement = false;
    if (this.#hasHashed) this.#memo.keep(element, text);
    return text;
  }

  #writeMembers(object: object, without: ReadonlySet<string>): string {
    if (this.#path.length >= deepest)
      throw this.#refused(`more than ${deepest} levels, or a cycle`);
    let out = "{";
    for (const key of Object.keys(object).toSorted()) {
      const value = (object as Record<string, unknown>)[key];
      if (value === undefined || without.has(key)) continue;
      this.#path.push(key);
      out += `${out === "{" ? "" : ","}${JSON.stringify(key)}:${this.#write(value)}`;
      this.#path.pop();
    }
    return `${out}}`;
  }

  #folded(text: string): string {
    return text.length <= longText ? text : `#${this.#hash(text)}`;
  }

  /** Hashing turns lone surrogates into U+FFFD, so only well-formed texts are hashed as they are. */
  #text(text: string): string {
    if (text.length <= longText) return JSON.stringify(text);
    if (text.isWellFormed()) return `$${this.#hash(text)}`;
    return `%${this.#hash(JSON.stringify(text))}`;
  }

  #hash(data: string | Uint8Array): string {
    this.#hasHashed = true;
    return hash("sha256", data, "base64url");
  }

  #refused(what: string): PalimpsestError {
    const place = this.#path.join(".") || "the value";
    return new PalimpsestError(
      "E_INVALID_INPUT",
      `a cache key cannot be made of ${what} (at ${place}); pass JSON, bytes, dates, URLs or bigints`,
    );
  }
}
