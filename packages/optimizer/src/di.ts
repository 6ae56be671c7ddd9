import { createToken, once, type Token, tokens } from "@palimpsest/core";
import type { DependencyContainer } from "tsyringe";
import { Optimizer, type OptimizerOptions } from "./optimizer/optimizer.ts";

export const optimizerToken: Token<Optimizer> = createToken("@palimpsest/optimizer/optimizer");

/**
 * Registers one optimizer per container, with the clock and the token counter that the container
 * holds when it is first resolved; those in `options` come before.
 * @throws `E_CONFIG` for unusable options, when it is first resolved
 */
export function registerOptimizer(
  container: DependencyContainer,
  options: OptimizerOptions = {},
): void {
  const resolveIf = <T>(token: Token<T>): T | undefined =>
    container.isRegistered(token, true) ? container.resolve(token) : undefined;
  const create = (): Optimizer => {
    const clock = options.clock ?? resolveIf(tokens.clock);
    const counter = options.counter ?? resolveIf(tokens.tokenCounter);
    return new Optimizer({ ...options, ...(clock && { clock }), ...(counter && { counter }) });
  };
  container.register(optimizerToken, { useFactory: once(create) });
}
