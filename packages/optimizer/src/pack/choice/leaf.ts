import { isRawNumber } from "../../json/raw-number.ts";
import type { Value } from "../codecs/codec.ts";

/** One column's values before anything is decided about it; at least one is present. */
export interface Leaf {
  readonly path: readonly string[];
  readonly name: string;
  readonly values: readonly Value[];
}

/** What the values are, counted once. */
export interface LeafFacts {
  readonly strings: number;
  readonly numbers: number;
  readonly arrays: number;
  readonly objects: number;
  /**
   * Only values that both number modes read alike (no raw numbers, no −0, nothing nested), so that
   * a reader can repeat them exactly.
   */
  readonly repeatable: boolean;
}

export function leafFacts(values: readonly Value[]): LeafFacts {
  const facts = { strings: 0, numbers: 0, arrays: 0, objects: 0, repeatable: true };
  for (const value of values) {
    if (typeof value === "string") facts.strings++;
    else if (typeof value === "number") {
      facts.numbers++;
      if (Object.is(value, -0)) facts.repeatable = false;
    } else if (typeof value === "object" && value !== null) {
      facts.repeatable = false;
      if (Array.isArray(value)) facts.arrays++;
      else if (!isRawNumber(value)) facts.objects++;
    }
  }
  return facts;
}
