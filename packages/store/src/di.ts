import { createToken, once, type Token, tokens } from "@palimpsest/core";
import type { DependencyContainer } from "tsyringe";
import type { SemanticStoreOptions } from "./options.ts";
import { SemanticStore } from "./semantic-store.ts";

export const semanticStoreToken: Token<SemanticStore> = createToken("@palimpsest/store/store");

/** What is not resolved from the container. */
export type RegisterSemanticStoreOptions = Omit<
  SemanticStoreOptions,
  "documents" | "vectors" | "lexical" | "embedder"
>;

/**
 * Registers one store per container over its document store, vector index, lexical index and
 * embedder, all opened by their owner; a registered policy and clock are used. The store is built
 * when it is first resolved and checks its parts at the first call.
 */
export function registerSemanticStore(
  container: DependencyContainer,
  options: RegisterSemanticStoreOptions = {},
): void {
  const resolveIf = <T>(token: Token<T>): T | undefined =>
    container.isRegistered(token, true) ? container.resolve(token) : undefined;
  const create = (): SemanticStore => {
    const policy = options.policy ?? resolveIf(tokens.policy);
    const clock = options.clock ?? resolveIf(tokens.clock);
    return new SemanticStore({
      ...options,
      documents: container.resolve(tokens.documentStore),
      vectors: container.resolve(tokens.vectorIndex),
      lexical: container.resolve(tokens.lexicalIndex),
      embedder: container.resolve(tokens.embedder),
      ...(policy && { policy }),
      ...(clock && { clock }),
    });
  };
  container.register(semanticStoreToken, { useFactory: once(create) });
}
