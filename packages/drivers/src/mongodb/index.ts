export type { MongodbEngine } from "./mongodb-engine.ts";
export { openMongodb } from "./open-lazily.ts";
export type { MongodbOptions } from "./open-mongodb.ts";
