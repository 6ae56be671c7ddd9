export type { ChromaEngine } from "./chroma-engine.ts";
export type { ChromaClientLike } from "./chroma-client.ts";
export {
  type ChromaClientOptions,
  type ChromaOptions,
  type ChromaServerOptions,
  openChroma,
} from "./open-chroma.ts";
