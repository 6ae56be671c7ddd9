import { ConstantBackoff, handleWhenResult, retry as cockatielRetry } from "cockatiel";
import { type CallParent, enterCall, type Operation, type PolicyOfKind } from "../call.ts";
import { type RetryOptions, retrySettings, type RetrySettings } from "./options.ts";
import { again, RetryRun } from "./retry-run.ts";

/**
 * Repeats a call whose failure is likely to pass, after a growing wait with jitter or the one that
 * the upstream asks for. Not after the first token of a stream, not past the deadline, and within a
 * budget. Set `maxRetries: 0` in clients that retry by themselves: theirs multiply with ours.
 */
export class RetryPolicy implements PolicyOfKind<"retry"> {
  readonly kind = "retry";
  readonly #settings: RetrySettings;
  /** Cockatiel waits without looking at a signal, so the waits are ours and its own are of no length. */
  readonly #loop: ReturnType<typeof cockatielRetry>;

  /** @throws `E_INVALID_INPUT` naming the option that is out of its range */
  constructor(options: RetryOptions = {}) {
    this.#settings = retrySettings(options);
    this.#loop = cockatielRetry(
      handleWhenResult((result) => result === again),
      { maxAttempts: this.#settings.attempts - 2, backoff: new ConstantBackoff(0) },
    );
  }

  /** @throws the upstream's own last error; `failureNotes(error).attempts` says how many there were */
  async execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    const run = new RetryRun(this.#settings, operation, enterCall(parent));
    this.#settings.budget?.deposit();
    const first = await run.attempt(1);
    if (first !== again) return first;
    const result = await this.#loop.execute(({ attempt }) => run.attempt(attempt + 2));
    // The last attempt never asks for another, so the loop ends with a value or by an error.
    return result as T;
  }
}

/** Repeats a call whose failure is likely to pass. */
export function retry(options?: RetryOptions): RetryPolicy {
  return new RetryPolicy(options);
}
