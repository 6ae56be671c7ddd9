/** What a failure means to the policies; the reasons of a fallback step are chosen among these. */
export type FailureKind =
  /** The upstream or the way to it failed for now: HTTP 5xx, a reset connection. */
  | "transient"
  /** HTTP 429, or a local limit that leaves no room. */
  | "rate-limited"
  /** No answer in time: a deadline, HTTP 408 or 504, a socket's timeout. */
  | "timeout"
  /** HTTP 503 or 529, or a local queue that is full. */
  | "overloaded"
  /** A breaker rejects calls. */
  | "circuit-open"
  /** The account has nothing left to spend; waiting does not help. */
  | "quota"
  /** The key or its rights: HTTP 401, 403. */
  | "auth"
  /** The prompt is longer than the model takes; another model may take it. */
  | "context-length"
  /** The provider refuses the content. */
  | "content-filter"
  /** The request itself is wrong: other HTTP 4xx, invalid input. */
  | "client"
  /** A ceiling of the request is reached. */
  | "budget"
  /** The caller left. */
  | "aborted"
  /** Nothing is known about it; a bug looks like this, so it is not retried. */
  | "unknown";

const kinds: Readonly<Record<FailureKind, true>> = {
  transient: true,
  "rate-limited": true,
  timeout: true,
  overloaded: true,
  "circuit-open": true,
  quota: true,
  auth: true,
  "context-length": true,
  "content-filter": true,
  client: true,
  budget: true,
  aborted: true,
  unknown: true,
};

export const failureKinds: readonly string[] = Object.keys(kinds);

export interface Failure {
  readonly kind: FailureKind;
  /** `local`: refused by a policy on this side, so it says nothing about the upstream. */
  readonly origin: "upstream" | "local";
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** Whether it speaks against the health of the upstream. */
  readonly countsForBreaker: boolean;
  /** Milliseconds that the upstream asks to wait. */
  readonly retryAfter?: number;
  /** HTTP status, when there is one. */
  readonly status?: number;
}

/** Says what an error means at a time, in epoch milliseconds. */
export type Classifier = (error: unknown, now?: number) => Failure;

const retryable: ReadonlySet<FailureKind> = new Set([
  "transient",
  "rate-limited",
  "timeout",
  "overloaded",
]);
const unhealthy: ReadonlySet<FailureKind> = new Set(["transient", "timeout", "overloaded"]);

/** A failure of this kind as `classifyError` describes it; start here to classify errors of your own. */
export function failure(kind: FailureKind, changes: Partial<Failure> = {}): Failure {
  const local = changes.origin === "local";
  return {
    kind,
    origin: "upstream",
    retryable: retryable.has(kind) && !local,
    countsForBreaker: unhealthy.has(kind) && !local,
    ...changes,
  };
}
