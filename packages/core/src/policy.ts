/** Runs an operation under a rule (retry, breaker, timeout); the only verb of `@palimpsest/resilience`. */
export interface Policy {
  execute<T>(
    operation: (context: { readonly signal: AbortSignal }) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T>;
}

/** Runs the operation once, unchanged: the default where a policy is optional. */
export const noPolicy: Policy = {
  execute: (operation, signal) => operation({ signal: signal ?? new AbortController().signal }),
};
