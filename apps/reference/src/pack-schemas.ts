import { z } from "@hono/zod-openapi";
import type { JsonValue } from "@palimpsest/core";
import { estimateFamilies, exactFamilies } from "@palimpsest/optimizer";

const anyJson = z.custom<JsonValue>(isGiven, "is missing; give any JSON value").openapi({
  type: ["array", "object", "string", "number", "boolean", "null"],
  description: "Any JSON value. Numbers are taken as they are written.",
  example: [
    { id: 1, name: "Ana" },
    { id: 2, name: "Bo" },
  ],
});

function isGiven(value: unknown): boolean {
  return value !== undefined;
}

const tokenCount = z.number().int().min(0);

export const packRequestSchema = z
  .strictObject({
    value: anyJson,
    profile: z.enum(["readable", "dense", "minified", "auto"]).default("readable").openapi({
      description: "`auto` takes the smaller of readable and minified JSON by real tokens.",
    }),
    legend: z.boolean().default(false).openapi({
      description: "Puts a paragraph that explains the form before it; it is counted.",
    }),
    repeatHeader: z.number().int().min(1).optional().openapi({
      description: "Repeats the header every so many rows.",
    }),
  })
  .openapi("PackRequest");

export const packResponseSchema = z
  .object({
    text: z.string(),
    tokens: tokenCount,
    minifiedTokens: tokenCount.openapi({ description: "The same value as minified JSON." }),
  })
  .openapi("PackResponse");

export const unpackRequestSchema = z
  .strictObject({ text: z.string().openapi({ description: "What `POST /pack` answered." }) })
  .openapi("UnpackRequest");

export const unpackResponseSchema = z.object({ value: anyJson }).openapi("UnpackResponse");

export const tokensRequestSchema = z
  .strictObject({
    value: anyJson,
    family: z
      .enum([...exactFamilies, ...estimateFamilies])
      .optional()
      .openapi({
        description: "o200k_base and cl100k_base are exact, others are estimates.",
      }),
    byField: z.boolean().default(false).openapi({
      description: "Also what each field costs; `value` must be a list then.",
    }),
  })
  .openapi("TokensRequest");

const stepSchema = z.object({
  name: z.enum(["padded", "minified", "readable", "dense", "deduplicated"]),
  tokens: tokenCount,
  change: z.number().openapi({ description: "Against minified JSON: −0.5 is half the tokens." }),
});

const fieldSchema = z.object({
  field: z.string(),
  records: z.number().int(),
  keyTokens: tokenCount,
  valueTokens: tokenCount,
  share: z.number(),
  saved: z.number().int().optional().openapi({
    description: "Tokens that leaving the field out saves; of the 32 most expensive fields.",
  }),
});

export const tokensResponseSchema = z
  .object({
    family: z.string(),
    records: z.number().int().optional().openapi({ description: "Records given." }),
    measured: z
      .number()
      .int()
      .optional()
      .openapi({ description: "Records that fields and steps were measured on." }),
    steps: z.array(stepSchema),
    fields: z.array(fieldSchema).optional(),
  })
  .openapi("TokensResponse");
