import { createHash } from "node:crypto";
import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  PalimpsestError,
  parseJsonText,
  type Revision,
} from "@palimpsest/core";
import type { ChromaMetadata } from "./chroma-client.ts";

/** Bytes of a name or value that is kept as it is; a longer one is represented by its digest. */
const longest = 256;

export const scopeKey = "scope";
export const versionKey = "version";

/** What distinguishes one write from every other, also from another write of the same revision. */
export interface Version {
  readonly revision: Revision;
  readonly text: string;
}

export function versionText({ epoch, counter }: Revision, token: string): string {
  return `${epoch}.${counter}.${token}`;
}

/** @throws `E_CORRUPT` when an entry's metadata is not what this driver wrote */
export function versionOf(metadata: Readonly<Record<string, unknown>> | null | undefined): Version {
  const text = metadata?.[versionKey];
  const [epoch, counter, token] = typeof text === "string" ? text.split(".") : [];
  const revision = { epoch: Number(epoch), counter: Number(counter) };
  if (
    typeof text === "string" &&
    token !== undefined &&
    Number.isSafeInteger(revision.epoch) &&
    Number.isSafeInteger(revision.counter)
  ) {
    return { revision, text };
  }
  throw new PalimpsestError(
    "E_CORRUPT",
    "the collection holds an entry without a revision; keep other data in another collection, or drop and rebuild this one",
  );
}

/** Where the value of a top-level key is kept as text: equal texts mean equal values of any type. */
export function valueKey(key: string): string {
  return `m${short(":", key)}`;
}

/** RFC 8785 JSON begins neither with `#` nor is it ever a digest of one. */
export function valueText(value: JsonValue): string {
  return short("", canonicalJson(value));
}

/** @throws `E_INVALID_INPUT` for metadata that is not JSON */
export function entryMetadata(
  scope: string,
  version: string,
  metadata: JsonObject,
): ChromaMetadata {
  const flat: ChromaMetadata = { [scopeKey]: scope, [versionKey]: version };
  const clean = parseJsonText(canonicalJson(metadata)) as JsonObject;
  for (const [key, value] of Object.entries(clean)) flat[valueKey(key)] = valueText(value);
  return flat;
}

function short(prefix: string, text: string): string {
  if (Buffer.byteLength(text) <= longest) return `${prefix}${text}`;
  return `#${createHash("sha256").update(text).digest("hex")}`;
}
