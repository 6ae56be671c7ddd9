import type { PalimpsestErrorCode } from "@palimpsest/core";
import { failure, type Failure, type FailureKind } from "./failure.ts";

/** Codes that say more than the HTTP status beside them: a 429 of an empty account is no rate limit. */
export const preciseCodes: ReadonlyMap<string, FailureKind> = table({
  quota: [
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "insufficient_user_quota",
  ],
  "context-length": ["context_length_exceeded", "request_too_large", "string_above_max_length"],
  "content-filter": ["content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"],
  overloaded: ["overloaded_error", "engine_overloaded", "slow_down"],
});

/** Codes of sockets, of undici and of bodies, for errors that come without an HTTP status. */
export const plainCodes: ReadonlyMap<string, FailureKind> = table({
  transient: [
    "ECONNRESET",
    "ECONNREFUSED",
    "ECONNABORTED",
    "EPIPE",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ENETDOWN",
    "ENETUNREACH",
    "EHOSTDOWN",
    "EHOSTUNREACH",
    "UND_ERR_SOCKET",
    "UND_ERR_CLOSED",
    "UND_ERR_DESTROYED",
    "ERR_STREAM_PREMATURE_CLOSE",
    "api_error",
    "server_error",
    "internal_server_error",
  ],
  timeout: [
    "ETIMEDOUT",
    "ESOCKETTIMEDOUT",
    "UND_ERR_CONNECT_TIMEOUT",
    "UND_ERR_HEADERS_TIMEOUT",
    "UND_ERR_BODY_TIMEOUT",
    "timeout_error",
  ],
  "rate-limited": ["rate_limit_error", "rate_limit_exceeded"],
  auth: ["authentication_error", "permission_error", "invalid_api_key"],
  client: ["invalid_request_error", "not_found_error", "model_not_found"],
  aborted: ["ABORT_ERR", "UND_ERR_ABORTED"],
});

/** Names (or classes, where a client leaves the name at `Error`) that tell what no code does. */
export const names: ReadonlyMap<string, FailureKind> = table({
  aborted: ["AbortError", "ResponseAborted", "APIUserAbortError"],
  timeout: ["TimeoutError", "APIConnectionTimeoutError"],
  transient: ["APIConnectionError", "AI_EmptyResponseBodyError"],
  "rate-limited": ["ThrottlingException"],
  auth: ["AI_LoadAPIKeyError"],
  client: [
    "AI_InvalidArgumentError",
    "AI_InvalidPromptError",
    "AI_InvalidMessageRoleError",
    "AI_LoadSettingError",
    "AI_NoSuchModelError",
    "AI_NoSuchProviderError",
    "AI_TooManyEmbeddingValuesForCallError",
    "AI_UnsupportedFunctionalityError",
    "AI_UnsupportedModelVersionError",
  ],
});

/** What our own codes mean; those absent here are decided by their cause, or are the caller's fault. */
export const ownCodes: Partial<Record<PalimpsestErrorCode, Failure>> = {
  E_UNAVAILABLE: failure("transient"),
  E_LOCKED: failure("transient", { countsForBreaker: false }),
  E_TIMEOUT: failure("timeout"),
  E_CIRCUIT_OPEN: failure("circuit-open", { origin: "local" }),
  E_OVERLOADED: failure("overloaded", { origin: "local" }),
  E_RATE_LIMITED: failure("rate-limited", { origin: "local" }),
  E_BUDGET_EXCEEDED: failure("budget", { origin: "local" }),
  E_ABORTED: failure("aborted", { origin: "local" }),
};

/** Wrappers around a collaborator's failure, so what they wrap decides. */
export const wrappingCodes: ReadonlySet<PalimpsestErrorCode> = new Set([
  "E_EMBEDDING_FAILED",
  "E_INDEX_FAILED",
]);

/** What an HTTP status from 400 on means. */
export function statusFailure(status: number): Failure {
  const kind = statusKinds.get(status);
  if (kind) return failure(kind);
  // The request met another one (409) or came too early (425): worth a retry, no sign of an outage.
  if (status === 409 || status === 425) return failure("transient", { countsForBreaker: false });
  return failure(status >= 500 && status !== 501 && status !== 505 ? "transient" : "client");
}

const statusKinds: ReadonlyMap<number, FailureKind> = new Map([
  [401, "auth"],
  [402, "quota"],
  [403, "auth"],
  [408, "timeout"],
  [413, "context-length"],
  [429, "rate-limited"],
  [503, "overloaded"],
  [504, "timeout"],
  [522, "timeout"],
  [524, "timeout"],
  [529, "overloaded"],
]);

function table(
  kinds: Partial<Record<FailureKind, readonly string[]>>,
): ReadonlyMap<string, FailureKind> {
  const entries = Object.entries(kinds) as [FailureKind, readonly string[]][];
  return new Map(entries.flatMap(([kind, codes]) => codes.map((code) => [code, kind] as const)));
}
