import type { BreakerEngineFactory } from "../breaker/engine.ts";
import { OpossumEngine, type OpossumEngineOptions } from "./opossum-engine.ts";

export type { OpossumCircuit, OpossumEngineOptions } from "./opossum-engine.ts";

/**
 * The engine for `circuitBreaker({ engine: opossumEngine() })` on opossum, for teams with dashboards
 * over its circuits. Its timeout, shared abort controller, capacity, percentiles, snapshots and cache
 * stay off: the policies around it do these per call.
 */
export function opossumEngine(options: OpossumEngineOptions = {}): BreakerEngineFactory {
  return (parts) => new OpossumEngine(parts, options);
}
