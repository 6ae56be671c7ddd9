import { throwIfAborted } from "@palimpsest/core";
import type { Referral } from "./refer.ts";

/** The part of a store that resolving needs. */
export interface RecordSource<T> {
  get(id: string, options?: { readonly signal?: AbortSignal }): Promise<T | undefined>;
}

export interface ResolveOptions<T> {
  /** Of the referral that showed the handles. */
  readonly handles: Referral["handles"];
  readonly source: RecordSource<T>;
  readonly signal?: AbortSignal;
}

export interface Resolved<T> {
  readonly found: readonly { readonly handle: string; readonly id: string; readonly record: T }[];
  /** Handles whose record the store does not have any more. */
  readonly gone: readonly string[];
  /** Handles that no referral gave out: a model may make one up. */
  readonly unknown: readonly string[];
}

/**
 * Fetches what handles stand for, each once, in the order of their first mention.
 * @throws what the source throws, and `E_ABORTED`
 */
export async function resolve<T>(
  mentioned: Iterable<string>,
  { handles, source, signal }: ResolveOptions<T>,
): Promise<Resolved<T>> {
  const found: { handle: string; id: string; record: T }[] = [];
  const gone: string[] = [];
  const unknown: string[] = [];
  for (const handle of new Set(mentioned)) {
    throwIfAborted(signal);
    const id = Object.hasOwn(handles, handle) ? handles[handle] : undefined;
    if (id === undefined) {
      unknown.push(handle);
      continue;
    }
    const record = await source.get(id, signal && { signal });
    if (record === undefined) gone.push(handle);
    else found.push({ handle, id, record });
  }
  return { found, gone, unknown };
}

/** Handles of a referral that a text, such as a model's answer, mentions, in order, each once. */
export function mentionedHandles(text: string, handles: Referral["handles"]): string[] {
  const words = Array.from(text.matchAll(/[A-Za-z]+\d+/g), ([word]) => word);
  return [...new Set(words)].filter((word) => Object.hasOwn(handles, word));
}
