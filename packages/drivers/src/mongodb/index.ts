export { openMongodb, type MongodbOptions } from "./open-mongodb.ts";
export type { MongodbEngine } from "./mongodb-engine.ts";
