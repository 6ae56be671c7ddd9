import {
  checkKey,
  checkScope,
  type DocumentKey,
  type Filter,
  PalimpsestError,
  parseFilter,
  type ScopeSelector,
} from "@palimpsest/core";

/** @returns the one scope selected, undefined for all */
export function selectedScope(selector: ScopeSelector): string | undefined {
  if (selector.allScopes === true) {
    if (selector.scope === undefined) return undefined;
    throw invalid("pass either `scope` or `allScopes`, not both");
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
  throw invalid(`${what} must be a whole number from ${least} to ${most}, got ${value}`);
}

export function checkedFilter(filter: Filter | undefined): Filter | undefined {
  return filter === undefined ? undefined : parseFilter(filter);
}

/** A key of another scope than the scanned one could only give a wrong page. */
export function checkAfter(scope: string | undefined, after: DocumentKey | undefined): void {
  if (after === undefined) return;
  checkKey(after);
  if (scope === undefined || scope === after.scope) return;
  throw invalid(
    `\`after\` lies in scope ${JSON.stringify(after.scope)}; pass a key of the scanned scope`,
  );
}

function invalid(message: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", message);
}
