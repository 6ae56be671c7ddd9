export { openPostgres, type PostgresOptions } from "./open-postgres.ts";
export type {
  PooledClient,
  PostgresClient,
  PostgresPool,
  PostgresQuery,
  PostgresResult,
} from "./postgres-client.ts";
export type { PostgresEngine } from "./postgres-engine.ts";
