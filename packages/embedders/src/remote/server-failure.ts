import { PalimpsestError, throwIfAborted } from "@palimpsest/core";

/** The cause of an embedding error: what a policy needs to decide, without the request's texts or keys. */
class ServerFailure extends Error {
  override readonly name: string = "ServerFailure";
  /** HTTP status; undefined when no answer came. */
  readonly statusCode: number | undefined;
  /** The network's code, such as ECONNREFUSED. */
  readonly code: string | undefined;
  /** The answer's `retry-after` header. */
  readonly retryAfter: string | undefined;

  constructor(
    message: string,
    facts: { statusCode?: number; code?: string; retryAfter?: string } = {},
  ) {
    super(message);
    this.statusCode = facts.statusCode;
    this.code = facts.code;
    this.retryAfter = facts.retryAfter;
  }
}

export interface FailureContext {
  readonly driver: string;
  readonly baseURL: string;
  readonly model: string;
  /** Cut out of everything the server or the network says. */
  readonly secrets: readonly string[];
  /** What to do when nobody listens at the URL. */
  readonly startRemedy: string;
  /** What to do when the server does not know the model or the path. */
  readonly missingRemedy: string;
}

/** The fields of the AI SDK's APICallError that matter here; it also carries the texts, which must not leak. */
interface CallError extends Error {
  readonly statusCode?: number;
  readonly responseBody?: string;
  readonly responseHeaders?: Readonly<Record<string, string>>;
}

/** @throws `E_ABORTED` when the signal fired @returns `E_UNAVAILABLE` or `E_EMBEDDING_FAILED` */
export function toEmbeddingError(
  error: unknown,
  context: FailureContext,
  signal: AbortSignal | undefined,
): PalimpsestError {
  throwIfAborted(signal);
  if (error instanceof PalimpsestError) return error;
  const call: CallError = error instanceof Error ? error : new Error(String(error));
  const code = networkCode(call);
  const retryAfter = call.responseHeaders?.["retry-after"];
  const cause = new ServerFailure(cut(whatWasSaid(call), context.secrets), {
    ...(call.statusCode !== undefined && { statusCode: call.statusCode }),
    ...(code !== undefined && { code }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
  const [kind, message] = describe(cause, context);
  return new PalimpsestError(kind, message, { cause });
}

function describe(
  { statusCode, code, message: said }: ServerFailure,
  { driver, baseURL, model, startRemedy, missingRemedy }: FailureContext,
): [code: "E_UNAVAILABLE" | "E_EMBEDDING_FAILED", message: string] {
  if (code !== undefined) {
    return [
      "E_UNAVAILABLE",
      `cannot reach the ${driver} server at ${baseURL} (${code}); ${startRemedy}`,
    ];
  }
  const answer = `${baseURL} answered ${statusCode ?? "nothing usable"} for model ${model}: ${said}`;
  switch (statusCode) {
    case 401:
    case 403:
      return ["E_EMBEDDING_FAILED", `${answer}; check the API key and what it may use`];
    case 404:
      return ["E_EMBEDDING_FAILED", `${answer}; ${missingRemedy}`];
    case 429:
      return ["E_EMBEDDING_FAILED", `${answer}; send less at a time, or retry later by a policy`];
    case 502:
    case 503:
    case 504:
      return [
        "E_UNAVAILABLE",
        `${answer}; the server is starting, overloaded or down: retry later`,
      ];
    case 200:
      return ["E_EMBEDDING_FAILED", `${answer}; is baseURL that of an embeddings API?`];
    default:
      return ["E_EMBEDDING_FAILED", answer];
  }
}

/** The published error bodies: `{"error": {"message"}}` (OpenAI) and `{"error": "…"}` (Ollama). */
function whatWasSaid({ responseBody, message, statusCode }: CallError): string {
  if (statusCode === 200 || responseBody === undefined) return message;
  try {
    const { error } = JSON.parse(responseBody) as { error?: string | { message?: string } };
    return (typeof error === "string" ? error : error?.message) ?? message;
  } catch {
    // A proxy's HTML page says less than the status line.
    return message;
  }
}

function networkCode(error: Error): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (
      "code" in at &&
      typeof at.code === "string" &&
      /^(E[A-Z]|UND_ERR_|CERT_|DEPTH_)/.test(at.code)
    ) {
      return at.code;
    }
  }
  return undefined;
}

/** Servers quote what they were sent; neither keys nor texts may reach a log that way. */
function cut(said: string, secrets: readonly string[]): string {
  let clean = said;
  for (const secret of secrets) {
    if (secret.length > 3) clean = clean.replaceAll(secret, "***");
  }
  return clean.length > 300 ? `${clean.slice(0, 300)}…` : clean;
}
