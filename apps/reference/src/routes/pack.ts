import { createRoute, OpenAPIHono, type z } from "@hono/zod-openapi";
import {
  isPalimpsestError,
  type JsonValue,
  PalimpsestError,
  type TokenCounter,
} from "@palimpsest/core";
import {
  analyzeFields,
  estimateCounter,
  type EstimateFamily,
  exactFamilies,
  type ExactFamily,
  loadCounter,
  measureSteps,
  pack,
  parseJson,
  unpack,
} from "@palimpsest/optimizer";
import {
  packRequestSchema,
  packResponseSchema,
  tokensRequestSchema,
  tokensResponseSchema,
  unpackRequestSchema,
  unpackResponseSchema,
} from "../pack-schemas.ts";
import { type AppEnv, refuseInvalid } from "../requests.ts";
import { errorSchema } from "../schemas.ts";

const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { "application/json": { schema } },
});
const body = <T extends z.ZodType>(schema: T) => ({
  body: { required: true as const, content: { "application/json": { schema } } },
});

const packRoute = createRoute({
  method: "post",
  path: "/pack",
  summary: "Write a JSON value in a form that costs fewer tokens, without loss",
  request: body(packRequestSchema),
  responses: {
    200: json(packResponseSchema, "The text, and what it costs."),
    400: json(errorSchema, "The value cannot be packed."),
  },
});

const unpackRoute = createRoute({
  method: "post",
  path: "/unpack",
  summary: "Turn packed text back into JSON",
  request: body(unpackRequestSchema),
  responses: {
    200: json(unpackResponseSchema, "The value as it was."),
    400: json(errorSchema, "The text is damaged; `position` says where."),
  },
});

const tokensRoute = createRoute({
  method: "post",
  path: "/tokens",
  summary: "Count what a JSON value costs a model in each form",
  request: body(tokensRequestSchema),
  responses: {
    200: json(tokensResponseSchema, "Tokens of each form, and of each field when asked."),
    400: json(errorSchema, "The request is not valid."),
  },
});

/** Each field costs a count of its own, which holds up every other request. */
const mostMeasured = 1_000;

type UnpackedValue = z.infer<typeof unpackResponseSchema>["value"];

/** Packing, unpacking and counting; nothing here reads or writes the store. */
export function packRoutes(counter: TokenCounter): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
  app.openapi(packRoute, async (c) => {
    const { profile, legend, repeatHeader } = c.req.valid("json");
    const value = valueOf(await c.req.text());
    const common = { legend, ...(repeatHeader !== undefined && { repeatHeader }) };
    const choice = profile === "auto" ? { profile, counter } : { profile };
    const text = pack(value, { ...common, ...choice });
    const minifiedTokens = counter.count(pack(value, { profile: "minified" }));
    return c.json({ text, tokens: counter.count(text), minifiedTokens }, 200);
  });
  app.openapi(unpackRoute, (c) => {
    const { text } = c.req.valid("json");
    const value = decode(text) as UnpackedValue;
    try {
      return c.json({ value }, 200);
    } catch (error) {
      if (error instanceof RangeError) throw tooDeep(error);
      throw error;
    }
  });
  app.openapi(tokensRoute, async (c) => {
    const { family, byField } = c.req.valid("json");
    const value = valueOf(await c.req.text());
    const chosen = family === undefined ? counter : await counterOf(family);
    if (!byField) {
      return c.json(
        { family: chosen.family, steps: [...measureSteps(value, { counter: chosen })] },
        200,
      );
    }
    const found = analyzeFields(listOf(value), { counter: chosen, sample: mostMeasured });
    const { family: name, records, measured, steps, fields } = found;
    return c.json({ family: name, records, measured, steps: [...steps], fields: [...fields] }, 200);
  });
  return app;
}

/** From the text of the request: its numbers as they are written, which `c.req.json` rounds. */
function valueOf(request: string): JsonValue {
  const { value = null } = parseJson(request) as { readonly value?: JsonValue };
  return value;
}

/** Damaged text is the caller's mistake here, not the server's data. */
function decode(text: string): JsonValue {
  try {
    return unpack(text, { numbers: "source" });
  } catch (error) {
    if (!isPalimpsestError(error, "E_CORRUPT")) throw error;
    const { message, position } = error;
    throw new PalimpsestError("E_INVALID_INPUT", message, {
      cause: error,
      ...(position && { position }),
    });
  }
}

/** The engine's writer, unlike our reader, needs the call stack. */
function tooDeep(cause: RangeError): PalimpsestError {
  const message = "text: the value is nested too deeply to be answered as JSON; unpack it yourself";
  return new PalimpsestError("E_INVALID_INPUT", message, { cause });
}

function listOf(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[];
  throw new PalimpsestError("E_INVALID_INPUT", "value: must be a list of records for byField");
}

function counterOf(family: ExactFamily | EstimateFamily): TokenCounter | Promise<TokenCounter> {
  const exact = exactFamilies.find((name) => name === family);
  return exact === undefined ? estimateCounter(family) : loadCounter(exact);
}
