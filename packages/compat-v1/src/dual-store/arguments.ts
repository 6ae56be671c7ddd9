import {
  checkKey,
  checkScope,
  type DocumentKey,
  PalimpsestError,
  type ScopeSelector,
  type StoredDocument,
  verifyDigest,
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

/** A key of another scope than the scanned one could only give a wrong page. */
export function checkAfter(scope: string | undefined, after: DocumentKey | undefined): void {
  if (after === undefined) return;
  checkKey(after);
  if (scope === undefined || scope === after.scope) return;
  throw invalid(
    `\`after\` lies in scope ${JSON.stringify(after.scope)}; pass one of the scanned scope`,
  );
}

export function checkRecord(record: StoredDocument): void {
  verifyDigest(record);
}

export function closedError(): PalimpsestError {
  return new PalimpsestError("E_CLOSED", "the store was closed; open it again to use it");
}

export function invalid(message: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", message);
}
