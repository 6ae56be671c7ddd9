import { PalimpsestError } from "@palimpsest/core";
import { shown } from "../value-words.ts";
import { defaultIdentity, type IdentityFields } from "./identity.ts";
import { defaultMergeRules, type MergeRule } from "./merge-rules.ts";

/**
 * - `exact`: the identity fields are equal
 * - `normalised`: subject and value are equal but for case, white space, Unicode form, and how a
 *   number is written (1, 1.0)
 * - `near`: as `normalised`, and text values about one subject may differ by a little
 */
export type DeduplicationLevel = "exact" | "normalised" | "near";

export interface DeduplicateOptions {
  /** @defaultValue `"exact"` */
  readonly level?: DeduplicationLevel;
  /** Least similarity at level `near`, above 0 and at most 1. @defaultValue 0.85 */
  readonly threshold?: number;
  readonly identity?: IdentityFields;
  /** Rules per field, beside and before `defaultMergeRules`; a field without one takes `first`. */
  readonly rules?: Readonly<Record<string, MergeRule>>;
}

/** The options of one call, checked and complete. */
export interface DeduplicationPlan {
  readonly level: DeduplicationLevel;
  readonly threshold: number;
  readonly identity: Required<IdentityFields>;
  readonly rules: ReadonlyMap<string, MergeRule>;
}

const levels: readonly string[] = ["exact", "normalised", "near"];
const ruleNames = ["first", "last", "max", "min", "latest", "earliest", "union", "collect"];

/** @throws `E_INVALID_INPUT` naming the option that cannot be used */
export function planDeduplication(options: DeduplicateOptions): DeduplicationPlan {
  const { level = "exact", threshold = 0.85, rules = {} } = options;
  const identity = { ...defaultIdentity, ...options.identity };
  if (!levels.includes(level)) {
    throw refused(`level ${shown(level)} is unknown: ${levels.join(", ")}`);
  }
  if (options.threshold !== undefined && level !== "near") {
    throw refused(`threshold has no effect at level ${level}; set level to near`);
  }
  if (!(threshold > 0 && threshold <= 1)) {
    throw refused(`threshold must be above 0 and at most 1, got ${threshold}`);
  }
  for (const [part, fields] of Object.entries<unknown>(identity)) {
    if (Array.isArray(fields) && fields.every((field) => typeof field === "string")) continue;
    throw refused(`identity.${part} must be a list of field names`);
  }
  if (identity.value.length === 0) throw refused("identity.value must name at least one field");
  const identical = new Set([...identity.scope, ...identity.subject, ...identity.value]);
  for (const [field, rule] of Object.entries(rules)) {
    if (identical.has(field)) {
      throw refused(`rules.${field}: the field is part of the identity; its first value is kept`);
    }
    if (typeof rule !== "function" && !ruleNames.includes(rule)) {
      throw refused(`rules.${field}: ${shown(rule)} is unknown: ${ruleNames.join(", ")}`);
    }
  }
  const chosen = Object.entries({ ...defaultMergeRules, ...rules });
  const usable = chosen.filter(([field]) => !identical.has(field));
  return { level, threshold, identity, rules: new Map(usable) };
}

function refused(what: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", `deduplicate: ${what}`);
}
