import { once } from "node:events";
import { createServer } from "node:net";
import { APICallError } from "@ai-sdk/provider";
import { PalimpsestError } from "@palimpsest/core";
import { LoadAPIKeyError, RetryError } from "ai";
import { BrokenCircuitError, BulkheadRejectedError, TaskCancelledError } from "cockatiel";
import CircuitBreaker from "opossum";
import { describe, expect, test } from "vitest";
import { classifyError } from "./classify-error.ts";
import { failure } from "./failure.ts";

function apiError(statusCode: number | undefined, more: object = {}): APICallError {
  return new APICallError({
    message: "failed",
    url: "https://api.example.com/v1/messages",
    requestBodyValues: {},
    ...(statusCode !== undefined && { statusCode }),
    ...more,
  });
}

const body = (type: string) => JSON.stringify({ error: { type, message: "…" } });

const retriedWhenTold = (status: number, told: string) =>
  classifyError({ status, headers: { "x-should-retry": told } }).retryable;

/** An error with a getter of somebody else's. */
function throwing(name: string): Error {
  return Object.defineProperty(new Error("failed"), name, {
    get: () => {
      throw new Error("unreadable");
    },
  });
}

async function opossumError(): Promise<unknown> {
  const breaker = new CircuitBreaker(async () => 1, { enableSnapshots: false });
  breaker.open();
  const error: unknown = await breaker.fire().catch((caught) => caught);
  breaker.shutdown();
  return error;
}

const fault = (code: string) => Object.assign(new Error("failed"), { code });

describe("HTTP status", () => {
  test.each([
    [400, "client", false, false],
    [401, "auth", false, false],
    [402, "quota", false, false],
    [403, "auth", false, false],
    [404, "client", false, false],
    [408, "timeout", true, true],
    [409, "transient", true, false],
    [413, "context-length", false, false],
    [422, "client", false, false],
    [429, "rate-limited", true, false],
    [500, "transient", true, true],
    [501, "client", false, false],
    [502, "transient", true, true],
    [503, "overloaded", true, true],
    [504, "timeout", true, true],
    [529, "overloaded", true, true],
  ])("%i is %s", (status, kind, retryable, countsForBreaker) => {
    const expected = { kind, retryable, countsForBreaker, status, origin: "upstream" };
    expect(classifyError(apiError(status))).toEqual(expected);
    expect(classifyError(Object.assign(new Error("failed"), { status }))).toEqual(expected);
    expect(classifyError({ response: { status } })).toEqual(expected);
  });
});

describe("what the body says outweighs the status", () => {
  test.each([
    ["insufficient_quota", 429, "quota"],
    ["context_length_exceeded", 400, "context-length"],
    ["content_filter", 400, "content-filter"],
    ["overloaded_error", 500, "overloaded"],
  ])("%s at %i is %s", (code, status, kind) => {
    expect(classifyError(apiError(status, { responseBody: body(code) })).kind).toBe(kind);
    expect(classifyError(apiError(status, { data: { error: { code } } })).kind).toBe(kind);
    const sdk = { status, error: { type: "error", error: { type: code } } };
    expect(classifyError(Object.assign(new Error("failed"), sdk)).kind).toBe(kind);
  });

  test("an empty account is not retried, whatever the headers say", () => {
    const error = apiError(429, {
      responseBody: body("insufficient_quota"),
      responseHeaders: { "x-should-retry": "true", "retry-after": "1" },
    });
    expect(classifyError(error)).toMatchObject({ kind: "quota", retryable: false });
  });

  test("a prompt that is too long is known by the words of providers without a code", () => {
    const error = apiError(400);
    error.message = "prompt is too long: 210000 tokens > 200000 maximum";
    expect(classifyError(error).kind).toBe("context-length");
  });

  test("a body that is no JSON changes nothing", () => {
    for (const responseBody of ["<html>", "{", "null", "{}"]) {
      expect(classifyError(apiError(502, { responseBody })).kind).toBe("transient");
    }
  });
});

describe("the wait is found wherever a client keeps the headers", () => {
  const headers = { "Retry-After": "3" };

  test.each([
    ["responseHeaders", { statusCode: 429, responseHeaders: headers }],
    ["headers, a plain object", { status: 429, headers }],
    ["headers, a Headers object", { status: 429, headers: new Headers(headers) }],
    ["response.headers", { response: { status: 429, headers: new Headers(headers) } }],
    ["a thrown Response", new Response(undefined, { status: 429, headers })],
    ["a list of values", { status: 429, headers: { "retry-after": ["3", "4"] } }],
    [
      "google.rpc.RetryInfo in the body",
      { status: 429, data: { error: { details: [{ retryDelay: "3s" }] } } },
    ],
  ])("%s", (_, error) => {
    expect(classifyError(error)).toMatchObject({ kind: "rate-limited", retryAfter: 3_000 });
  });

  test("a date is read against the given time", () => {
    const now = Date.UTC(2030, 0, 1);
    const date = new Date(now + 5_000).toUTCString();
    const error = { status: 429, headers: { "retry-after": date } };
    expect(classifyError(error, now).retryAfter).toBe(5_000);
  });

  test("an upstream may forbid or ask for a retry", () => {
    expect([
      retriedWhenTold(500, "false"),
      retriedWhenTold(400, "true"),
      retriedWhenTold(400, "maybe"),
    ]).toEqual([false, true, false]);
  });
});

describe("errors without a status", () => {
  test.each(["ECONNRESET", "EAI_AGAIN", "UND_ERR_SOCKET"])("%s is transient", (code) => {
    expect(classifyError(fault(code)).kind).toBe("transient");
    const fetchFailed = new TypeError("fetch failed", { cause: fault(code) });
    expect(classifyError(fetchFailed)).toEqual(failure("transient"));
  });

  test.each(["ETIMEDOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_CONNECT_TIMEOUT"])(
    "%s is a timeout",
    (code) => {
      expect(classifyError(fault(code))).toEqual(failure("timeout"));
    },
  );

  test("fetch to a port where nobody listens is transient", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const error: unknown = await fetch(`http://127.0.0.1:${port}`).catch((caught) => caught);
    expect(classifyError(error)).toEqual(failure("transient"));
  });

  test("abort and timeout signals", () => {
    expect(classifyError(AbortSignal.abort().reason).kind).toBe("aborted");
    expect(classifyError(new DOMException("late", "TimeoutError")).kind).toBe("timeout");
  });

  test("clients that tell by the class only", () => {
    class APIConnectionTimeoutError extends Error {}
    class APIUserAbortError extends Error {}
    expect(classifyError(new APIConnectionTimeoutError("late")).kind).toBe("timeout");
    expect(classifyError(new APIUserAbortError("left")).kind).toBe("aborted");
  });

  test("the AI SDK: cannot connect, no key, retries of its own", () => {
    expect(classifyError(apiError(undefined, { isRetryable: true })).kind).toBe("transient");
    expect(classifyError(new LoadAPIKeyError({ message: "no key" })).kind).toBe("auth");
    const errors = [apiError(429), apiError(500)];
    const given = new RetryError({ message: "3 tries", reason: "maxRetriesExceeded", errors });
    expect(classifyError(given)).toMatchObject({ kind: "transient", status: 500 });
  });

  test("a successful status with a body that broke off is what the cause says", () => {
    const cause = new TypeError("terminated", { cause: fault("UND_ERR_SOCKET") });
    expect(classifyError(apiError(200, { cause })).kind).toBe("transient");
  });
});

describe("refusals on this side say nothing about the upstream", () => {
  test.each([
    ["E_CIRCUIT_OPEN", () => new PalimpsestError("E_CIRCUIT_OPEN", "open"), "circuit-open"],
    ["E_OVERLOADED", () => new PalimpsestError("E_OVERLOADED", "full"), "overloaded"],
    ["E_RATE_LIMITED", () => new PalimpsestError("E_RATE_LIMITED", "full"), "rate-limited"],
    ["E_BUDGET_EXCEEDED", () => new PalimpsestError("E_BUDGET_EXCEEDED", "spent"), "budget"],
    ["E_ABORTED", () => new PalimpsestError("E_ABORTED", "left"), "aborted"],
    ["E_INVALID_INPUT", () => new PalimpsestError("E_INVALID_INPUT", "bad"), "client"],
    ["cockatiel's breaker", () => new BrokenCircuitError(), "circuit-open"],
    ["cockatiel's bulkhead", () => new BulkheadRejectedError(1, 1), "overloaded"],
    ["cockatiel's cancellation", () => new TaskCancelledError(), "aborted"],
    ["opossum's breaker", opossumError, "circuit-open"],
  ])("%s", async (_, error, kind) => {
    expect(classifyError(await error())).toEqual({
      kind,
      origin: "local",
      retryable: false,
      countsForBreaker: false,
    });
  });
});

test("our own errors about an upstream", () => {
  const retryAfter = 40;
  expect(classifyError(new PalimpsestError("E_UNAVAILABLE", "down", { retryAfter }))).toEqual({
    ...failure("transient"),
    retryAfter,
  });
  expect(classifyError(new PalimpsestError("E_TIMEOUT", "late"))).toEqual(failure("timeout"));
  const wrapped = new PalimpsestError("E_EMBEDDING_FAILED", "failed", { cause: apiError(503) });
  expect(classifyError(wrapped).kind).toBe("overloaded");
  const causeless = new PalimpsestError("E_EMBEDDING_FAILED", "failed");
  expect(classifyError(causeless).kind).toBe("unknown");
});

test("a bug, and what is no error at all, is unknown: neither retried nor counted", () => {
  const circle = new Error("circle");
  circle.cause = circle;
  for (const error of [new TypeError("x is no function"), circle, "text", null, undefined, 7]) {
    expect(classifyError(error)).toEqual({
      kind: "unknown",
      origin: "upstream",
      retryable: false,
      countsForBreaker: false,
    });
  }
  expect(classifyError(Object.create(null)).kind).toBe("unknown");
});

describe("an error that throws when it is read is unknown, and nothing else is thrown", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const traps = new Proxy(new Error("failed"), {
    get: () => {
      throw new Error("a trap");
    },
  });
  const lookup = {
    status: 429,
    headers: {
      get: () => {
        throw new Error("a look-up");
      },
    },
  };

  test.each<[string, unknown]>([
    ...["status", "statusCode", "code", "name", "headers", "response", "data", "cause"].map(
      (name): [string, unknown] => [name, throwing(name)],
    ),
    ["a proxy", traps],
    ["a revoked proxy", revoked.proxy],
    ["headers that cannot be asked", lookup],
    ["a name without a text", { name: Object.create(null) }],
    ["a cause of such a kind", new Error("outer", { cause: traps })],
    ["one of ours around it", new PalimpsestError("E_INDEX_FAILED", "failed", { cause: traps })],
  ])("%s", (_, error) => {
    expect(classifyError(error)).toEqual(failure("unknown"));
  });

  test("a cause that nobody has to read decides nothing", () => {
    expect(classifyError(Object.assign(throwing("cause"), { status: 503 })).kind).toBe(
      "overloaded",
    );
  });
});
