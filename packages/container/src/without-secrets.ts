import { redactUrls } from "@palimpsest/core";
import type { PalimpsestConfig } from "./config.ts";

/** A configuration that may be shown: no keys, no headers, no passwords in addresses. */
export function withoutSecrets(config: PalimpsestConfig): PalimpsestConfig {
  const { store, vectors, embedder } = config;
  return {
    ...config,
    store: shown(store),
    ...(vectors && { vectors: shown(vectors) }),
    ...(embedder && { embedder: shown(embedder) }),
  };
}

const secrets = new Set(["apiKey", "headers", "password"]);

function shown<T extends object>(options: T): T {
  const entries = Object.entries(options)
    .filter(([name]) => !secrets.has(name))
    .map(([name, value]) => [name, typeof value === "string" ? redactUrls(value) : value]);
  // Only optional fields were left out.
  return Object.fromEntries(entries) as T;
}
