import { isPalimpsestError, type PalimpsestErrorCode, type TextPosition } from "@palimpsest/core";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";

const statuses: Partial<Record<PalimpsestErrorCode, ContentfulStatusCode>> = {
  E_INVALID_INPUT: 400,
  E_NOT_FOUND: 404,
  E_CONFLICT: 409,
  E_DIMENSION_MISMATCH: 400,
  E_FENCED: 409,
  E_LOCKED: 503,
  E_UNAVAILABLE: 503,
  E_EMBEDDING_FAILED: 502,
  E_INDEX_FAILED: 502,
  E_FULL: 507,
  E_READ_ONLY: 403,
  E_UNSUPPORTED: 501,
  E_CLOSED: 503,
  E_TIMEOUT: 504,
  E_CIRCUIT_OPEN: 503,
  E_OVERLOADED: 503,
  E_RATE_LIMITED: 429,
  E_BUDGET_EXCEEDED: 429,
};

export interface HttpError {
  readonly status: ContentfulStatusCode;
  readonly body: {
    readonly error: {
      readonly code: string;
      readonly message: string;
      /** Where a text in the request departs from its format. */
      readonly position?: TextPosition;
    };
  };
}

/** What a client may know of an error; anything unexpected stays in the log. */
export function toHttpError(error: unknown): HttpError {
  if (isPalimpsestError(error)) {
    const { code, message, position } = error;
    return { status: statuses[code] ?? 500, body: body(code, message, position) };
  }
  if (error instanceof HTTPException) {
    return { status: error.status as ContentfulStatusCode, body: body("E_HTTP", error.message) };
  }
  return {
    status: 500,
    body: body("E_INTERNAL", "internal error; the server's log has it under this request's id"),
  };
}

function body(code: string, message: string, position?: TextPosition): HttpError["body"] {
  return { error: { code, message, ...(position && { position }) } };
}
