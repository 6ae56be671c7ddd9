import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import {
  type Filter,
  PalimpsestError,
  parseFilter,
  parseJsonText,
  type StoredDocument,
} from "@palimpsest/core";
import type { SemanticStore } from "@palimpsest/store";
import { type AppEnv, refuseInvalid } from "../requests.ts";
import {
  documentInputSchema,
  documentPatchSchema,
  documentSchema,
  errorSchema,
  idParameter,
  scopeParameter,
} from "../schemas.ts";

const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { "application/json": { schema } },
});
const failed = (description: string) => json(errorSchema, description);
const byId = {
  params: z.object({ id: idParameter }),
  query: z.strictObject({ scope: scopeParameter }),
};
const body = <T extends z.ZodType>(schema: T) => ({
  required: true as const,
  content: { "application/json": { schema } },
});

const create = createRoute({
  method: "post",
  path: "/documents",
  summary: "Insert a document",
  request: { body: body(documentInputSchema) },
  responses: {
    201: json(documentSchema, "Stored."),
    400: failed("The document is not acceptable."),
    409: failed("A document with this id exists."),
  },
});

const read = createRoute({
  method: "get",
  path: "/documents/{id}",
  summary: "Read one document",
  request: byId,
  responses: { 200: json(documentSchema, "The document."), 404: failed("No such document.") },
});

const replace = createRoute({
  method: "put",
  path: "/documents/{id}",
  summary: "Insert or replace a document",
  request: { ...byId, body: body(documentInputSchema.omit({ id: true, scope: true })) },
  responses: {
    200: json(documentSchema, "Stored."),
    400: failed("The document is not acceptable."),
  },
});

const change = createRoute({
  method: "patch",
  path: "/documents/{id}",
  summary: "Change some fields of a document",
  request: { ...byId, body: body(documentPatchSchema) },
  responses: { 200: json(documentSchema, "Stored."), 404: failed("No such document.") },
});

const remove = createRoute({
  method: "delete",
  path: "/documents/{id}",
  summary: "Delete a document and its index entries",
  request: byId,
  responses: { 204: { description: "Deleted." }, 404: failed("No such document.") },
});

const recent = createRoute({
  method: "get",
  path: "/documents",
  summary: "The most recent documents of a scope",
  request: {
    query: z.strictObject({
      scope: scopeParameter,
      limit: z.coerce.number().int().min(1).max(1000).default(20),
      filter: z.string().optional().openapi({ description: "A filter as JSON text." }),
    }),
  },
  responses: {
    200: json(z.object({ documents: z.array(documentSchema) }), "Newest first."),
    400: failed("The filter is not valid."),
  },
});

/** Create, read, replace, change, delete and list documents. */
export function documentRoutes(store: SemanticStore): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
  app.openapi(create, async (c) => {
    const { id, timestamp, ...input } = c.req.valid("json");
    const given = {
      ...input,
      ...(id !== undefined && { id }),
      ...(timestamp !== undefined && { timestamp }),
    };
    return c.json(present(await store.insert(given)), 201);
  });
  app.openapi(read, async (c) => {
    const key = { ...c.req.valid("param"), ...c.req.valid("query") };
    const document = await store.get(key);
    if (document === undefined) throw missing(key.id);
    return c.json(present(document), 200);
  });
  app.openapi(replace, async (c) => {
    const { timestamp, ...input } = c.req.valid("json");
    const key = { ...c.req.valid("param"), ...c.req.valid("query") };
    const stored = await store.upsert({
      ...key,
      ...input,
      ...(timestamp !== undefined && { timestamp }),
    });
    return c.json(present(stored), 200);
  });
  app.openapi(change, async (c) => {
    const { text, metadata, timestamp } = c.req.valid("json");
    const changes = {
      ...(text !== undefined && { text }),
      ...(metadata !== undefined && { metadata }),
      ...(timestamp !== undefined && { timestamp }),
    };
    const key = { ...c.req.valid("param"), ...c.req.valid("query") };
    return c.json(present(await store.update(key, changes)), 200);
  });
  app.openapi(remove, async (c) => {
    const key = { ...c.req.valid("param"), ...c.req.valid("query") };
    if (!(await store.delete(key))) throw missing(key.id);
    return c.body(null, 204);
  });
  app.openapi(recent, async (c) => {
    const { filter, ...options } = c.req.valid("query");
    const parsed = filter === undefined ? {} : { filter: filterFromText(filter) };
    const documents = await store.getMostRecent({ ...options, ...parsed });
    return c.json({ documents: documents.map(present) }, 200);
  });
  return app;
}

function present({ scope, id, text, metadata, timestamp, revision }: StoredDocument) {
  return {
    scope,
    id,
    text,
    metadata: metadata as z.infer<typeof documentSchema>["metadata"],
    timestamp,
    revision,
  };
}

function filterFromText(text: string): Filter {
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (cause) {
    throw new PalimpsestError("E_INVALID_INPUT", "filter is not valid JSON", { cause });
  }
  return parseFilter(value);
}

function missing(id: string): PalimpsestError {
  return new PalimpsestError("E_NOT_FOUND", `no document ${JSON.stringify(id)} in this scope`);
}
