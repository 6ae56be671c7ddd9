import { createRoute, OpenAPIHono, type z } from "@hono/zod-openapi";
import { parseFilter, type SearchHit, type TokenCounter } from "@palimpsest/core";
import type { SemanticStore } from "@palimpsest/store";
import { type AppEnv, refuseInvalid } from "../requests.ts";
import {
  contextRequestSchema,
  contextResponseSchema,
  errorSchema,
  type hitSchema,
  searchRequestSchema,
  searchResponseSchema,
} from "../schemas.ts";

const search = createRoute({
  method: "post",
  path: "/search",
  summary: "Find documents by meaning, by words, or both",
  request: {
    body: { required: true, content: { "application/json": { schema: searchRequestSchema } } },
  },
  responses: {
    200: {
      description: "Best first.",
      content: { "application/json": { schema: searchResponseSchema } },
    },
    400: {
      description: "The request is not valid.",
      content: { "application/json": { schema: errorSchema } },
    },
  },
});

const context = createRoute({
  method: "post",
  path: "/context",
  summary: "The best hits as prompt text within a token budget",
  request: {
    body: { required: true, content: { "application/json": { schema: contextRequestSchema } } },
  },
  responses: {
    200: {
      description: "Whole hits, best first.",
      content: { "application/json": { schema: contextResponseSchema } },
    },
    400: {
      description: "The request is not valid.",
      content: { "application/json": { schema: errorSchema } },
    },
  },
});

export function searchRoutes(store: SemanticStore, counter: TokenCounter): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
  app.openapi(search, async (c) => {
    const { query, k, mode, ...where } = c.req.valid("json");
    const hits = await store.search(query, {
      k,
      mode,
      ...selection(where),
      signal: c.req.raw.signal,
    });
    return c.json({ hits: hits.map(present) }, 200);
  });
  app.openapi(context, async (c) => {
    const { query, k, mode, budget, ...where } = c.req.valid("json");
    const options = { k, mode, budget, counter, ...selection(where), signal: c.req.raw.signal };
    const { hits, ...result } = await store.context(query, options);
    return c.json({ ...result, hits: hits.map(present) }, 200);
  });
  return app;
}

interface Where {
  readonly scope?: string | undefined;
  readonly allScopes?: true | undefined;
  readonly filter?: unknown;
}

function selection({ scope = "", allScopes, filter }: Where) {
  const parsed = filter === undefined ? {} : { filter: parseFilter(filter) };
  return allScopes === true ? { ...parsed, allScopes } : { ...parsed, scope };
}

function present({ scope, id, score, text, metadata, timestamp }: SearchHit) {
  return {
    scope,
    id,
    score,
    text,
    metadata: metadata as z.infer<typeof hitSchema>["metadata"],
    timestamp,
  };
}
