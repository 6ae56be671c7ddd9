import { randomUUID } from "node:crypto";
import {
  checkKey,
  type Document,
  type DocumentInput,
  type DocumentKey,
  PalimpsestError,
  type ScopeSelector,
} from "@palimpsest/core";

/** Fills in what a caller may leave out; the content is validated when it is sealed. */
export function toDocument(input: DocumentInput, now: number): Document {
  if (typeof input !== "object" || input === null) {
    throw new PalimpsestError("E_INVALID_INPUT", "a document must be an object with a `text`");
  }
  return {
    scope: input.scope ?? "",
    id: input.id ?? randomUUID(),
    text: input.text,
    metadata: input.metadata ?? {},
    timestamp: input.timestamp ?? now,
  };
}

/** A key as callers may give it; the scope is `""` when omitted. */
export interface KeyInput {
  readonly scope?: string;
  readonly id: string;
}

/** @throws `E_INVALID_INPUT` */
export function toKey(key: KeyInput): DocumentKey {
  const full = { scope: key.scope ?? "", id: key.id };
  checkKey(full);
  return full;
}

/** @throws `E_INVALID_INPUT` when both a scope and `allScopes` are given */
export function toSelector(options: ScopeSelector): ScopeSelector {
  if (options.allScopes !== true) return { scope: options.scope ?? "" };
  if (options.scope !== undefined) {
    throw new PalimpsestError("E_INVALID_INPUT", "give either `scope` or `allScopes`, not both");
  }
  return { allScopes: true };
}

/** Passes a signal on only when there is one. */
export function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
