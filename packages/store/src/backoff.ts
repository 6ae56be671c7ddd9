import type { WorkerOptions } from "./options.ts";

/** Worker options with their defaults. */
export type WorkerSettings = Required<WorkerOptions>;

export function workerSettings(options: WorkerOptions = {}): WorkerSettings {
  return {
    batchSize: options.batchSize ?? 128,
    leaseMs: options.leaseMs ?? 60_000,
    maxAttempts: options.maxAttempts ?? 8,
    retryMs: options.retryMs ?? 500,
    maxRetryMs: options.maxRetryMs ?? 60_000,
    random: options.random ?? Math.random,
  };
}

/** Exponential with jitter: between half of the delay and all of it, at least 1 ms. */
export function retryDelay(attempts: number, settings: WorkerSettings): number {
  const delay = Math.min(settings.maxRetryMs, settings.retryMs * 2 ** Math.min(attempts, 30));
  return Math.max(1, Math.round(delay * (0.5 + settings.random() / 2)));
}
