import { createToken, once, type Token, tokens } from "@palimpsest/core";
import type { DependencyContainer } from "tsyringe";
import type { Relations } from "./invalidation/relations.ts";
import type { TieredCacheOptions } from "./options.ts";
import { TieredCache } from "./tiered-cache.ts";

export const cacheToken: Token<TieredCache> = createToken("@palimpsest/cache/cache");

/**
 * Registers one cache per container over its key-value store, if one is registered, and its clock.
 * It is built when it is first resolved; whoever resolves it closes it.
 */
export function registerCache<R extends Relations>(
  container: DependencyContainer,
  options: TieredCacheOptions<R> = {},
): void {
  const resolveIf = <T>(token: Token<T>): T | undefined =>
    container.isRegistered(token, true) ? container.resolve(token) : undefined;
  const create = (): TieredCache<R> => {
    const store = options.store ?? resolveIf(tokens.keyValueStore);
    const clock = options.clock ?? resolveIf(tokens.clock);
    return new TieredCache({ ...options, ...(store && { store }), ...(clock && { clock }) });
  };
  container.register(cacheToken, { useFactory: once(create) });
}
