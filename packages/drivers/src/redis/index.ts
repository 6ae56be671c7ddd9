export type { RedisClient } from "./connection.ts";
export type { RedisKeyValues } from "./key-values.ts";
export {
  openRedis,
  type RedisClientOptions,
  type RedisOptions,
  type RedisServerOptions,
} from "./open-redis.ts";
