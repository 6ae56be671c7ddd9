import { parseJsonText } from "@palimpsest/core";
import type { MiddlewareHandler } from "hono";

/** Has bodies read with the keys that they were sent with, which `JSON.parse` of Node 26 may not do. */
export const readJsonBodies: MiddlewareHandler = async (c, next) => {
  c.req.json = async <T>() => parseJsonText(await c.req.text()) as T;
  await next();
};
