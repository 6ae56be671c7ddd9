import { PalimpsestError } from "@palimpsest/core";
import type { FusionWeights } from "./options.ts";

/** @throws `E_INVALID_INPUT` unless both are 0 or more and one is above 0 */
export function checkWeights(weights: FusionWeights): FusionWeights {
  const { vector, lexical } = weights;
  if (!(vector >= 0 && lexical >= 0 && vector + lexical > 0 && Number.isFinite(vector + lexical))) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `weights must be 0 or more and not both 0, got vector ${String(vector)} and lexical ${String(lexical)}`,
    );
  }
  return weights;
}
