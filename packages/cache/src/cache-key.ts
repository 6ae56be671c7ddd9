import { hash } from "node:crypto";
import { checkScope, PalimpsestError } from "@palimpsest/core";
import { CanonicalText } from "./keys/canonical-text.ts";
import { digestLength } from "./keys/store-names.ts";

declare const brand: unique symbol;

/**
 * A key that names its tenant; only `cacheKey` and `modelCallKey` make one. The scope is part of it,
 * so no call can forget it, and one tenant's entry cannot be reached by another's key.
 *
 * Its text is `<scope>:<prefix>:<digest of everything>`, with the first two percent-encoded.
 */
export type CacheKey = string & { readonly [brand]: "CacheKey" };

export interface CacheKeyInput {
  /** The tenant; `""` in an application that has only one. At most 512 bytes. */
  readonly scope: string;
  /** What the value is, as segments from general to special: `"llm/chat"`. At most 512 bytes. */
  readonly prefix: string;
  /**
   * Everything that the value depends on: JSON, bytes, dates, URLs, bigints. The order of members
   * does not matter, and one that is undefined counts as absent.
   */
  readonly parts: readonly unknown[];
}

const canonical = new CanonicalText();
const longestPrefix = 512;

/** @throws `E_INVALID_INPUT` naming what cannot be part of a key */
export function cacheKey({ scope, prefix, parts }: CacheKeyInput): CacheKey {
  const head = keyHead(scope, prefix);
  if (prefix === "") {
    throw new PalimpsestError("E_INVALID_INPUT", "a cache key needs a prefix such as llm/chat");
  }
  // Part by part: only then are objects in a list inside a part recognised one by one.
  const text = parts.map((part) => canonical.of(part)).join();
  // The head is digested too: the digest alone then tells any two keys apart.
  const digest = hash("sha256", `${head}:${text}`, "base64url");
  // Joined, the key is one piece of memory, which is compared and sent faster than a concatenation.
  return [head, digest].join(":") as CacheKey;
}

/** For callers without types. @throws `E_INVALID_INPUT` for what `cacheKey` did not make */
export function checkCacheKey(key: CacheKey): void {
  if (typeof key === "string" && key.charAt(key.length - digestLength - 1) === ":") return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    "a key of the cache must come from cacheKey or modelCallKey; a model call that has none, as with a temperature above 0, is not to be cached",
  );
}

/** What all keys of a tenant and prefix begin with. @throws `E_INVALID_INPUT` */
export function keyHead(scope: string, prefix: string): string {
  checkScope(scope);
  return `${encodeURIComponent(scope)}:${encodePrefix(prefix)}`;
}

function encodePrefix(prefix: string): string {
  if (prefix === "") return "";
  const segments = typeof prefix === "string" ? prefix.split("/") : [];
  const isWhole = segments.length > 0 && segments.every((segment) => segment !== "");
  if (!isWhole || !prefix.isWellFormed() || Buffer.byteLength(prefix) > longestPrefix) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `a cache prefix is one or more names joined by "/", at most ${longestPrefix} bytes: llm/chat`,
    );
  }
  return segments.map(encodeURIComponent).join("/");
}
