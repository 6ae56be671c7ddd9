import { hash } from "node:crypto";
import { PalimpsestError } from "@palimpsest/core";
import type { CacheKey } from "../cache-key.ts";

/** Characters of a digest at the end of every key: SHA-256 in base64url. */
export const digestLength = 43;
const longestName = 512;
/** Enough that two keys deleted at the same time seldom share one. */
const slotLength = 2;

/** What things are called in the key-value store. All of it is ASCII, so characters are bytes. */
export class StoreNames {
  /** Counts every invalidation: who saw fewer messages has missed some. */
  readonly sequence: string;
  readonly channel: string;
  readonly #namespace: string;

  /** @throws `E_INVALID_INPUT` */
  constructor(namespace: string) {
    if (!/^[\w.-]{1,64}$/.test(namespace)) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        "the namespace of a cache must be 1 to 64 letters, digits or . _ -",
      );
    }
    this.#namespace = namespace;
    this.sequence = `${namespace}:n`;
    this.channel = `${namespace}:bus`;
  }

  value(key: CacheKey): string {
    const name = `${this.#namespace}:v:${key}`;
    return name.length <= longestName ? name : `${this.#namespace}:v:~${digestOf(key)}`;
  }

  stamp(name: string): string {
    const whole = `${this.#namespace}:s:${name}`;
    if (whole.length <= longestName) return whole;
    return `${this.#namespace}:s:~${hash("sha256", name, "base64url")}`;
  }

  /** Counts deletions of the keys that share it. */
  slot(key: CacheKey): string {
    return `${this.#namespace}:d:${key.slice(-slotLength)}`;
  }
}

/** Stands for the whole key: scope and prefix are part of what it digests. */
export function digestOf(key: CacheKey): string {
  return key.slice(-digestLength);
}

/** Tenant and prefix, percent-encoded. */
export function headOf(key: CacheKey): string {
  return key.slice(0, -digestLength - 1);
}

export function isHeadOf(head: string, key: CacheKey): boolean {
  return key.length === head.length + 1 + digestLength && key.startsWith(head);
}

/** The prefix as it was given. */
export function prefixOf(key: CacheKey): string {
  const head = headOf(key);
  return head
    .slice(head.indexOf(":") + 1)
    .split("/")
    .map(decodeURIComponent)
    .join("/");
}
