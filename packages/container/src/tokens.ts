import { createToken, type StorageEngine, type Token, type VectorEngine } from "@palimpsest/core";
import type { PalimpsestConfig } from "./config.ts";

/** The opened engine in all its roles; register one to replace the configured driver. */
export const storageEngineToken: Token<StorageEngine> = createToken(
  "@palimpsest/container/storage-engine",
);

/** The engine that keeps the vectors; register one to keep them beside the store. */
export const vectorEngineToken: Token<VectorEngine> = createToken(
  "@palimpsest/container/vector-engine",
);

/** The checked configuration, without secrets. */
export const configToken: Token<PalimpsestConfig> = createToken("@palimpsest/container/config");
