import { createMiddleware } from "hono/factory";

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Answers only to loopback names, so that a page on a rebound domain cannot read the store. */
export const localHostsOnly = createMiddleware(async (c, next) => {
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  if (loopback.test(host)) return next();
  const message = `host ${JSON.stringify(host)} is not a loopback name; set HOST to serve others`;
  return c.json({ error: { code: "E_HOST", message } }, 403);
});
