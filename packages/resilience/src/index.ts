export type { BreakTimeOptions } from "./breaker/break-time.ts";
export { circuitBreaker, CircuitBreakerPolicy } from "./breaker/circuit-breaker.ts";
export type {
  BreakerEngine,
  BreakerEngineFactory,
  BreakerParts,
  CallOutcome,
  Settle,
} from "./breaker/engine.ts";
export type { CircuitBreakerOptions } from "./breaker/options.ts";
export { BreakerRegistry, type BreakerRegistryOptions, breakers } from "./breaker/registry.ts";
export type { BreakerSnapshot } from "./breaker/snapshot.ts";
export type { TrialOptions } from "./breaker/trial.ts";
export {
  type CallContext,
  type CallDetails,
  type CallParent,
  deriveCall,
  enterCall,
  type Operation,
  type PolicyKind,
  type PolicyOfKind,
  type ResiliencePolicy,
} from "./call.ts";
export { classifyError } from "./classify/classify-error.ts";
export { type Classifier, failure, type Failure, type FailureKind } from "./classify/failure.ts";
export { type FailureNotes, failureNotes, type StepFailure } from "./failure-notes.ts";
export { fallback, type FallbackOptions, FallbackPolicy } from "./fallback/fallback-policy.ts";
export type { FallbackStep } from "./fallback/step.ts";
export { pipeline, Pipeline, type PipelineOptions } from "./pipeline/pipeline.ts";
export type { PipelinePolicies } from "./pipeline/runner.ts";
export type { CallUsage, RequestCeilings, RequestLedger } from "./request-ledger.ts";
export type { RetryOptions } from "./retry/options.ts";
export { RetryBudget, type RetryBudgetOptions } from "./retry/retry-budget.ts";
export { retry, RetryPolicy } from "./retry/retry-policy.ts";
export type {
  CircuitState,
  ResilienceEvent,
  ResilienceListener,
  RetryStop,
} from "./telemetry/event.ts";
