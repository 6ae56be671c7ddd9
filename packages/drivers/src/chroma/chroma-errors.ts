import { isPalimpsestError, PalimpsestError, type PalimpsestErrorCode } from "@palimpsest/core";

type Failure = readonly [code: PalimpsestErrorCode, problem: string];

const refusedLogin: Failure = [
  "E_CONFIG",
  "refused the credentials or denies access; check `headers`, tenant and database",
];
const refusedRequest: Failure = [
  "E_INVALID_INPUT",
  "refused the request, perhaps for an unknown tenant or database; see the cause",
];

/** By name, because an application may have another copy of the client than this package. */
const failures: Readonly<Record<string, Failure>> = {
  ChromaConnectionError: [
    "E_UNAVAILABLE",
    "cannot be reached; check the address and that the server is running",
  ],
  ChromaServerError: [
    "E_UNAVAILABLE",
    "failed to carry out the request; see its log and the cause",
  ],
  ChromaRateLimitError: ["E_UNAVAILABLE", "limits the rate of requests; repeat the call later"],
  ChromaQuotaExceededError: ["E_FULL", "has no quota left; raise it or delete what is not needed"],
  ChromaAuthError: refusedLogin,
  ChromaForbiddenError: refusedLogin,
  ChromaNotFoundError: [
    "E_NOT_FOUND",
    "does not know the collection, tenant or database; open the index again, and repair it if it was dropped",
  ],
  ChromaClientError: refusedRequest,
  ChromaValueError: refusedRequest,
};

/** The one place that turns what the client throws into a `PalimpsestError` naming the server. */
export function toPalimpsestError(error: unknown, label: string): unknown {
  if (isPalimpsestError(error) || !(error instanceof Error)) return error;
  const failure = failures[error.name];
  if (failure === undefined) return error;
  return new PalimpsestError(failure[0], `${label} ${failure[1]}`, { cause: error });
}

export function isNotFound(error: unknown): boolean {
  return isPalimpsestError(error, "E_NOT_FOUND");
}

/** Another process created the collection first. */
export function isTaken(error: unknown): boolean {
  return error instanceof Error && error.name === "ChromaUniqueError";
}
