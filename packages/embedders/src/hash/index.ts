export { HashEmbedder, type HashEmbedderOptions } from "./hash-embedder.ts";
