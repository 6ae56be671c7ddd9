import {
  bulkhead,
  circuitBreaker,
  fallback,
  pipeline,
  type Pipeline,
  type RequestCeilings,
  retry,
  timeout,
} from "@palimpsest/resilience";
import {
  bulkhead as cockatielBulkhead,
  circuitBreaker as cockatielBreaker,
  fallback as cockatielFallback,
  handleAll,
  retry as cockatielRetry,
  SamplingBreaker,
  timeout as cockatielTimeout,
  TimeoutStrategy,
  wrap,
} from "cockatiel";

const limit = 30_000;
const concurrent = 10;

/** The jobs of `cockatielWrap`, by this library, the retry with its budget. */
export function ourPipeline(ceilings?: RequestCeilings): Pipeline<number> {
  return pipeline({
    ...(ceilings && { ceilings }),
    fallback: fallback([{ name: "default", answer: async () => 0 }]),
    retry: retry(),
    breaker: circuitBreaker(),
    bulkhead: bulkhead({ limit: concurrent }),
    timeout: timeout({ total: limit }),
  });
}

/** The five policies of cockatiel that do the same job, as its documentation composes them. */
export function cockatielWrap(abortOnReturn = true): {
  execute<T>(run: (context: { readonly signal: AbortSignal }) => Promise<T>): Promise<T | number>;
} {
  return wrap(
    cockatielFallback(handleAll, 0),
    cockatielRetry(handleAll, { maxAttempts: 3 }),
    cockatielBreaker(handleAll, {
      halfOpenAfter: 15_000,
      breaker: new SamplingBreaker({ threshold: 0.5, duration: 60_000 }),
    }),
    cockatielBulkhead(concurrent, 100),
    cockatielTimeout(limit, { strategy: TimeoutStrategy.Aggressive, abortOnReturn }),
  );
}
