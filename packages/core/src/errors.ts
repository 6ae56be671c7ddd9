import { redactUrls } from "./redact-urls.ts";

/** Every reason for which this library fails on purpose. Switch on the code, not on the class. */
export type PalimpsestErrorCode =
  /** The caller's input is malformed, out of range or not representable on every engine. */
  | "E_INVALID_INPUT"
  /** A named thing (file, document, setting) does not exist. */
  | "E_NOT_FOUND"
  /** `ifRevision` does not match, or `insert` met an existing document. */
  | "E_CONFLICT"
  /** One revision with two different digests: somebody wrote past the contract. */
  | "E_REVISION_COLLISION"
  /** The write carries an epoch below the store's fence or below the record's own. */
  | "E_FENCED"
  /** A vector or an embedder has another dimension than the index. */
  | "E_DIMENSION_MISMATCH"
  /** The index was built with another embedding model. */
  | "E_MODEL_MISMATCH"
  /** A derived index could not be written; see `documentStayed`. */
  | "E_INDEX_FAILED"
  /** An embedder failed or returned something unusable. */
  | "E_EMBEDDING_FAILED"
  /** A server or file cannot be reached or opened. */
  | "E_UNAVAILABLE"
  /** Another process holds the store or the record. */
  | "E_LOCKED"
  /** No space left for the write. */
  | "E_FULL"
  /** The target does not accept writes. */
  | "E_READ_ONLY"
  /** Stored data is damaged or is not what its format says. */
  | "E_CORRUPT"
  /** A known thing that this version or driver does not do. */
  | "E_UNSUPPORTED"
  /** Configuration is missing a field or contradicts itself. */
  | "E_CONFIG"
  /** The caller's `AbortSignal` fired. */
  | "E_ABORTED"
  /** The object was used after `close`. */
  | "E_CLOSED"
  /** A deadline passed: of a call, of a stream's first token, or of the wait between two. */
  | "E_TIMEOUT"
  /** A circuit breaker rejects calls for now. */
  | "E_CIRCUIT_OPEN"
  /** A bulkhead or an adaptive limit is full, and its queue too. */
  | "E_OVERLOADED"
  /** A rate limit leaves no room within the time that the caller may wait. */
  | "E_RATE_LIMITED"
  /** A ceiling of cost, tokens or calls of one request is reached. */
  | "E_BUDGET_EXCEEDED";

/** A place in a text, both counted from 1; columns are UTF-16 units. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface PalimpsestErrorOptions extends ErrorOptions {
  /** Set by a strict write whose index failed: the document and its outbox entry are durable. */
  readonly documentStayed?: boolean;
  /** Where a damaged text departs from its format. */
  readonly position?: TextPosition;
  /** Milliseconds after which another attempt has a chance. */
  readonly retryAfter?: number;
}

/** The one error class. Messages name the input and the remedy; secrets in URLs are redacted. */
export class PalimpsestError extends Error {
  override readonly name: string = "PalimpsestError";
  readonly code: PalimpsestErrorCode;
  readonly documentStayed: boolean;
  readonly position: TextPosition | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: PalimpsestErrorCode, message: string, options: PalimpsestErrorOptions = {}) {
    super(redactUrls(message), options);
    this.code = code;
    this.documentStayed = options.documentStayed ?? false;
    this.position = options.position;
    this.retryAfter = options.retryAfter;
  }
}

/** Checks the code, not the class, so it works across duplicated installs. */
export function isPalimpsestError(
  error: unknown,
  code?: PalimpsestErrorCode,
): error is PalimpsestError {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return code === undefined
    ? error.name === "PalimpsestError" && String(error.code).startsWith("E_")
    : error.code === code;
}

/** Throws `E_ABORTED` (cause: the signal's reason) once the signal fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new PalimpsestError("E_ABORTED", "the operation was aborted by its signal", {
      cause: signal.reason,
    });
  }
}
