import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { SemanticStore } from "@palimpsest/store";
import type { AppEnv } from "../requests.ts";
import { healthSchema, statsSchema } from "../schemas.ts";

const healthAnswer = { "application/json": { schema: healthSchema } };

const health = createRoute({
  method: "get",
  path: "/health",
  summary: "Whether every part of the store can be reached",
  responses: {
    200: { description: "All parts work.", content: healthAnswer },
    503: { description: "A part does not; the body names it.", content: healthAnswer },
  },
});

const stats = createRoute({
  method: "get",
  path: "/stats",
  summary: "Counts of documents, vectors and waiting index work",
  responses: {
    200: { description: "Counts.", content: { "application/json": { schema: statsSchema } } },
  },
});

export function operationsRoutes(store: SemanticStore): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.get("/", (c) =>
    c.json({ name: "palimpsest", openapi: "/openapi.json", health: "/health", stats: "/stats" }),
  );
  app.openapi(health, async (c) => {
    // A probe runs every few seconds; one that embeds would be billed each time by a hosted model.
    const { healthy, parts } = await store.health({ embedder: false });
    return c.json({ healthy, parts: [...parts] }, healthy ? 200 : 503);
  });
  app.openapi(stats, async (c) => {
    const { documents, vectors, outbox, problems } = await store.stats();
    const { pending, quarantined, oldest } = outbox;
    const queue = { pending, quarantined, ...(oldest !== undefined && { oldest }) };
    const counts = { documents, ...(vectors !== undefined && { vectors }), outbox: queue };
    return c.json({ ...counts, problems: [...problems] }, 200);
  });
  return app;
}
