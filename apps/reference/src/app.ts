import { OpenAPIHono } from "@hono/zod-openapi";
import type { TokenCounter } from "@palimpsest/core";
import type { SemanticStore } from "@palimpsest/store";
import { bodyLimit } from "hono/body-limit";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import type { Logger } from "pino";
import type { AppEnv } from "./requests.ts";
import { toHttpError } from "./http-errors.ts";
import { readJsonBodies } from "./json-bodies.ts";
import { localHostsOnly } from "./local-hosts.ts";
import { logRequests } from "./request-log.ts";
import { documentRoutes } from "./routes/documents.ts";
import { operationsRoutes } from "./routes/operations.ts";
import { packRoutes } from "./routes/pack.ts";
import { searchRoutes } from "./routes/search.ts";

export interface AppOptions {
  readonly store: SemanticStore;
  readonly counter: TokenCounter;
  readonly logger: Logger;
  /** Refuse requests whose Host header is not a loopback name: a web page cannot reach the server by rebinding DNS. */
  readonly loopbackOnly: boolean;
}

const maxBodyBytes = 1024 * 1024;

/** The HTTP API over one store. Everything it needs is handed in, so tests call `app.request`. */
export function createApp({
  store,
  counter,
  logger,
  loopbackOnly,
}: AppOptions): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.use(requestId(), secureHeaders(), logRequests(logger));
  if (loopbackOnly) app.use(localHostsOnly);
  app.use(bodyLimit({ maxSize: maxBodyBytes, onError: (c) => c.json(tooLarge, 413) }));
  app.use(readJsonBodies);
  app.onError((error, c) => {
    const { status, body } = toHttpError(error);
    if (status >= 500) logger.error({ id: c.get("requestId"), ...describeForLog(error) });
    return c.json(body, status);
  });
  app.notFound((c) => c.json(notFound, 404));

  app.route("/", operationsRoutes(store));
  app.route("/", documentRoutes(store));
  app.route("/", searchRoutes(store, counter));
  app.route("/", packRoutes(counter));
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Palimpsest",
      version: "1",
      description: "Durable memory for LLM applications.",
    },
  });
  return app;
}

/** Where it failed and how, without the message: messages name ids, which are the user's text. */
function describeForLog(error: Error & { readonly code?: unknown }): object {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const cause = error.cause instanceof Error ? { cause: error.cause.name } : {};
  return { error: error.name, code: error.code, frames, ...cause };
}

const tooLarge = {
  error: {
    code: "E_INVALID_INPUT",
    message: `the body is larger than ${maxBodyBytes} bytes; split it`,
  },
};
const notFound = {
  error: { code: "E_NOT_FOUND", message: "no such route; GET /openapi.json lists all" },
};
