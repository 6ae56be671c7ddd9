import { z } from "@hono/zod-openapi";
import type { JsonObject } from "@palimpsest/core";

const id = z.string().min(1).max(512);

export const scopeParameter = z
  .string()
  .max(512)
  .default("")
  .openapi({ description: 'The tenant. `""` is the default tenant.' });

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// The store checks its values; a zod record drops the key `__proto__` and recurses without a limit.
const metadata = z.custom<JsonObject>(isObject, "must be a JSON object").openapi("Metadata", {
  type: "object",
  description: "Any JSON object.",
  example: { kind: "fact", user: "carlos" },
});

export const documentSchema = z
  .object({
    scope: z.string(),
    id: z.string(),
    text: z.string(),
    metadata,
    timestamp: z.number().int().openapi({ description: "Epoch milliseconds." }),
    revision: z.object({ epoch: z.number().int(), counter: z.number().int() }),
  })
  .openapi("Document");

export const documentInputSchema = z
  .strictObject({
    scope: scopeParameter,
    id: id.optional().openapi({ description: "A random UUID when omitted." }),
    text: z.string(),
    metadata: metadata.default({}),
    timestamp: z
      .number()
      .int()
      .optional()
      .openapi({ description: "Epoch milliseconds; now when omitted." }),
  })
  .openapi("DocumentInput");

export const documentPatchSchema = z
  .strictObject({
    text: z.string().optional(),
    metadata: metadata.optional(),
    timestamp: z.number().int().optional(),
  })
  .openapi("DocumentPatch");

const filter = z
  .unknown()
  .optional()
  .openapi({
    type: "object",
    description:
      "A filter over metadata: {op, path, value}, {op: and|or, filters} or {op: not, filter}.",
    example: { op: "eq", path: ["kind"], value: "fact" },
  });

/** Or a caller that names its tenant would be answered from all. */
const oneSelector = (where: { scope?: string | undefined; allScopes?: true | undefined }) =>
  where.scope === undefined || where.allScopes === undefined;
const notBoth = { path: ["allScopes"], message: "give scope or allScopes, not both" };

const query = {
  scope: z.string().max(512).optional().openapi({ description: 'The tenant; `""` when omitted.' }),
  allScopes: z.literal(true).optional().openapi({ description: "All tenants; without `scope`." }),
  query: z.string().min(1).max(16_384),
  mode: z.enum(["hybrid", "vector", "lexical"]).default("hybrid"),
  filter,
};

export const searchRequestSchema = z
  .strictObject({ ...query, k: z.number().int().min(0).max(1000).default(10) })
  .refine(oneSelector, notBoth)
  .openapi("SearchRequest");

export const contextRequestSchema = z
  .strictObject({
    ...query,
    k: z.number().int().min(1).max(1000).default(50),
    budget: z.number().int().min(1).max(1_000_000).openapi({
      description: "Most tokens the text may cost, counted with o200k_base.",
    }),
  })
  .refine(oneSelector, notBoth)
  .openapi("ContextRequest");

export const hitSchema = z
  .object({
    scope: z.string(),
    id: z.string(),
    score: z.number().min(0).max(1),
    text: z.string(),
    metadata,
    timestamp: z.number().int(),
  })
  .openapi("Hit");

export const searchResponseSchema = z
  .object({ hits: z.array(hitSchema) })
  .openapi("SearchResponse");

export const contextResponseSchema = z
  .object({
    text: z.string().openapi({ description: "One line per hit: `[id] text`." }),
    tokens: z.number().int(),
    omitted: z.number().int(),
    hits: z.array(hitSchema),
  })
  .openapi("ContextResponse");

const positionSchema = z
  .object({ line: z.number().int(), column: z.number().int() })
  .openapi({ description: "Where a text departs from its format, both from 1." });

export const errorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      position: positionSchema.optional(),
    }),
  })
  .openapi("Error");

export const idParameter = id.openapi({
  param: { name: "id", in: "path" },
  description: "Percent-encoded; may hold slashes.",
});

const partSchema = z
  .object({
    role: z.string(),
    name: z.string(),
    reachable: z.boolean(),
    problem: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .openapi("Part");

export const healthSchema = z
  .object({
    healthy: z.boolean(),
    parts: z.array(partSchema),
  })
  .openapi("Health");

export const statsSchema = z
  .object({
    documents: z.number().int(),
    vectors: z
      .number()
      .int()
      .optional()
      .openapi({ description: "Absent while the vector index does not answer." }),
    outbox: z.object({
      pending: z.number().int(),
      quarantined: z.number().int(),
      oldest: z.number().int().optional().openapi({ description: "Epoch milliseconds." }),
    }),
    problems: z.array(partSchema).openapi({ description: "Parts that do not answer." }),
  })
  .openapi("Stats");
