import { once, tokens } from "@palimpsest/core";
import type { DependencyContainer } from "tsyringe";
import { pipeline, type Pipeline, type PipelineOptions } from "./pipeline/pipeline.ts";

/**
 * Registers one pipeline per container as the policy of `@palimpsest/core`, which a store and others
 * run their calls by. A registered clock is used unless the options name one.
 */
export function registerResilience(
  container: DependencyContainer,
  options: PipelineOptions = {},
): void {
  const create = (): Pipeline => {
    const registered = container.isRegistered(tokens.clock, true)
      ? { clock: container.resolve(tokens.clock) }
      : {};
    return pipeline({ ...registered, ...options });
  };
  container.register(tokens.policy, { useFactory: once(create) });
}
