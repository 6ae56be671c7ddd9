import { isPalimpsestError, PalimpsestError } from "@palimpsest/core";

/** By name, because an application may have another copy of the client than this package. */
const outages = new Set([
  "ChromaConnectionError",
  "ChromaServerError",
  "ChromaRateLimitError",
  "ChromaNotFoundError",
]);

/** Outages become `E_UNAVAILABLE`, so that they are waited out; the rest stays what it is. */
export function chromaError(error: unknown, label: string): unknown {
  if (isPalimpsestError(error) || !(error instanceof Error)) return error;
  if (!outages.has(error.name) && !/fetch failed|ECONN/.test(error.message)) return error;
  return new PalimpsestError("E_UNAVAILABLE", `${label} cannot be reached: ${error.message}`, {
    cause: error,
  });
}
