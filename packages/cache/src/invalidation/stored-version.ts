import type { Clock } from "@palimpsest/core";
import { everythingName, type Stamp } from "./stamp-registry.ts";

/** Nothing grows for ever. The end of a stamp, used or not, makes misses of what is under it. */
const stampDays = 30;
const dayMs = 86_400_000;

/** Undefined for what is no version: under a stamp that nobody can read nothing is valid. */
export function versionOf(bytes: Uint8Array | undefined): number | undefined {
  if (bytes === undefined) return undefined;
  const version = Number(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  return Number.isSafeInteger(version) && version > 0 ? version : undefined;
}

/**
 * A stamp begins at the present time: one that was lost and begins again is higher than it was, so
 * nothing that was invalidated comes back.
 */
export function firstVersion(clock: Clock): number {
  return Math.max(1, Math.round(clock.now()));
}

/** Spread, so that the stamps of one moment do not end in one moment. */
export function stampTtl({ name }: Stamp, random: () => number): { readonly ttl?: number } {
  if (name === everythingName) return {};
  return { ttl: Math.round(stampDays * dayMs * (0.8 + random() * 0.4)) };
}
