export {
  adaptiveLimit,
  type AdaptiveLimitOptions,
  AdaptiveLimitPolicy,
} from "./adaptive/adaptive-limit-policy.ts";
export type { AimdOptions } from "./adaptive/aimd.ts";
export type { GradientOptions } from "./adaptive/gradient.ts";
export { bulkhead, type BulkheadOptions, BulkheadPolicy } from "./bulkhead/bulkhead-policy.ts";
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
export { HedgeBudget, type HedgeBudgetOptions } from "./hedge/hedge-budget.ts";
export type { PercentileDelay } from "./hedge/hedge-delay.ts";
export { hedge, type HedgeOptions, HedgePolicy } from "./hedge/hedge-policy.ts";
export { CeilingLedger, type CeilingLedgerOptions } from "./ledger/ceiling-ledger.ts";
export {
  ceilings,
  type CeilingsOptions,
  CeilingsPolicy,
  countedCall,
} from "./ledger/ceilings-policy.ts";
export { pipeline, Pipeline, type PipelineOptions } from "./pipeline/pipeline.ts";
export type { PipelinePolicies } from "./pipeline/runner.ts";
export type { Allowance, RateLimits, Reservation, Taken } from "./rate-limit/allowance.ts";
export { LocalAllowance } from "./rate-limit/local-allowance.ts";
export {
  rateLimit,
  type RateLimitOptions,
  RateLimitPolicy,
} from "./rate-limit/rate-limit-policy.ts";
export { SharedAllowance, type SharedAllowanceOptions } from "./rate-limit/shared-allowance.ts";
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
export { guardStream, type GuardStreamOptions } from "./timeout/guard-stream.ts";
export { timeout, type TimeoutOptions, TimeoutPolicy } from "./timeout/timeout-policy.ts";
