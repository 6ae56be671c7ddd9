export { openSqlite, type SqliteOptions } from "./open-sqlite.ts";
export type { SqliteEngine } from "./sqlite-engine.ts";
