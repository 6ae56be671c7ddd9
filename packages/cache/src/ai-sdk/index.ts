export { cacheMiddleware, type CacheMiddlewareOptions } from "./cache-middleware.ts";
export type { ModelPrice } from "./answer.ts";
