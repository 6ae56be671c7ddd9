export { HashEmbedder } from "./hash-embedder.ts";
export type { HashEmbedderOptions, HashSettings } from "./options.ts";
