import type { FlagValue } from "@openfeature/server-sdk";
import { PalimpsestError } from "@palimpsest/core";

/** One flag that a share of all targeting keys gets. */
export interface PercentageFlag<T extends FlagValue = FlagValue> {
  /** From 0 to 100; fractions count. Raising it takes keys in and never one out. */
  readonly percentage: number;
  /** For keys within the percentage. */
  readonly on: T;
  /** For all others, and for everybody while the flag is disabled. Of the same type as `on`. */
  readonly off: T;
  /**
   * Flags of one salt take in the same keys first; another salt draws anew. Keep it while a rollout runs.
   * @defaultValue the flag's name
   */
  readonly salt?: string;
  /** @defaultValue false */
  readonly disabled?: boolean;
}

export type PercentageFlags = Readonly<Record<string, PercentageFlag>>;

type ValueType = "boolean" | "string" | "number" | "object";

/** What a caller must ask for; arrays and null are objects, as in OpenFeature. */
export function valueTypeOf(value: FlagValue): ValueType {
  const type = typeof value;
  return type === "boolean" || type === "string" || type === "number" ? type : "object";
}

/** @throws `E_INVALID_INPUT` naming the flag and the field */
export function checkFlag(name: string, flag: PercentageFlag): void {
  if (typeof flag !== "object" || flag === null) {
    throw refused(describe(name), "needs percentage, on and off");
  }
  const { percentage, on, off, salt = "", disabled = false } = flag;
  if (name === "") throw refused("a flag", "needs a name");
  if (typeof percentage !== "number" || !(percentage >= 0 && percentage <= 100)) {
    throw refused(describe(name), `has percentage ${percentage}; give a number from 0 to 100`);
  }
  if (on === undefined || off === undefined || valueTypeOf(on) !== valueTypeOf(off)) {
    throw refused(describe(name), "needs values `on` and `off` of one type");
  }
  if (!isValue(on) || !isValue(off)) {
    throw refused(describe(name), "has a value that is no boolean, string, number or JSON");
  }
  if (typeof salt !== "string") throw refused(describe(name), "has a salt that is no string");
  if (typeof disabled !== "boolean") {
    throw refused(describe(name), `has disabled ${JSON.stringify(disabled)}; give true or false`);
  }
}

/** What can be copied; flags may come from a file that nobody checked. */
function isValue(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

export function describe(name: string): string {
  return `flag ${JSON.stringify(name)}`;
}

function refused(what: string, problem: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", `${what} ${problem}`);
}
