import type { DocumentKey, ScopeSelector } from "../document.ts";
import { PalimpsestError } from "../errors.ts";
import { type Filter, parseFilter } from "../filter.ts";
import { checkKey, checkScope } from "../seal.ts";

/** @returns the one scope selected, undefined for all */
export function selectedScope(selector: ScopeSelector): string | undefined {
  if (selector.allScopes === true) {
    if (selector.scope === undefined) return undefined;
    throw new PalimpsestError("E_INVALID_INPUT", "pass either `scope` or `allScopes`, not both");
  }
  const scope = selector.scope ?? "";
  checkScope(scope);
  return scope;
}

export function checkCount(
  value: number,
  what: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `${what} must be a whole number from ${least} to ${most}, got ${value}`,
  );
}

/** Filters come from callers: checked, and copied so that a later change has no effect. */
export function checkedFilter(filter: Filter | undefined): Filter | undefined {
  return filter === undefined ? undefined : parseFilter(filter);
}

/** @throws `E_INVALID_INPUT` for a key outside the scanned scope, where a page could only be wrong */
export function checkedAfter(
  scope: string | undefined,
  after: DocumentKey | undefined,
): DocumentKey | undefined {
  if (after === undefined) return undefined;
  checkKey(after);
  if (scope === undefined || scope === after.scope) return after;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `\`after\` lies in scope ${JSON.stringify(after.scope)}; pass a key of the scanned scope`,
  );
}
