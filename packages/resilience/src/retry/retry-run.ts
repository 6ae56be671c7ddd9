import { randomShare } from "@palimpsest/core";
import type { IBackoff } from "cockatiel";
import { abortError, type CallContext, deriveCall, type Operation, timeLeft } from "../call.ts";
import type { Failure, FailureKind } from "../classify/failure.ts";
import { noteFailure } from "../failure-notes.ts";
import { type RetryStop, tell } from "../telemetry/event.ts";
import type { RetrySettings } from "./options.ts";
import { wait } from "./wait.ts";

/** The result of an attempt that is worth another one. */
export const again: unique symbol = Symbol("again");

/** Refusals on this side: when they end the retries, the upstream's own error tells the caller more. */
const refusals: ReadonlySet<FailureKind> = new Set([
  "circuit-open",
  "overloaded",
  "rate-limited",
  "budget",
]);

function isRefusal({ origin, kind }: Failure): boolean {
  return origin === "local" && refusals.has(kind);
}

/** The attempts of one call. */
export class RetryRun<T> {
  readonly #settings: RetrySettings;
  readonly #operation: Operation<T>;
  readonly #call: CallContext;
  #backoff: IBackoff<unknown> | undefined;
  #tokenSeen = false;
  #upstreamError: unknown;
  #upstreamAttempts = 0;

  constructor(settings: RetrySettings, operation: Operation<T>, call: CallContext) {
    this.#settings = settings;
    this.#operation = operation;
    this.#call = call;
  }

  /**
   * Makes one attempt, and when it is worth another one waits until that is due.
   * @throws the upstream's own error after the last one; `E_ABORTED` or the deadline's error when
   * the call ends during a wait
   */
  async attempt(attempt: number): Promise<T | typeof again> {
    if (attempt > 1 && this.#call.signal.aborted) throw abortError(this.#call.signal);
    try {
      return await this.#operation(deriveCall(this.#call, { attempt, onToken: this.#onToken }));
    } catch (error) {
      const failure = this.#settings.classify(error, this.#settings.clock.now());
      if (!isRefusal(failure)) this.#noteUpstream(error);
      const delay = this.#delay(failure);
      const stop = this.#stop(failure, attempt, delay);
      if (stop) throw this.#end(stop, failure, attempt, error);
      await this.#pause(attempt, delay, failure.kind);
      return again;
    }
  }

  #noteUpstream(error: unknown): void {
    this.#upstreamAttempts += 1;
    this.#upstreamError = error;
  }

  readonly #onToken = (): void => {
    this.#tokenSeen = true;
    this.#call.onToken();
  };

  /** Callers that were told the same wait must not come back together. */
  #delay({ retryAfter }: Failure): number {
    const { backoff, initialDelay, random } = this.#settings;
    if (retryAfter !== undefined) {
      return retryAfter + randomShare(random) * Math.max(initialDelay, retryAfter / 10);
    }
    this.#backoff = (this.#backoff ?? backoff).next(undefined);
    return this.#backoff.duration;
  }

  /** The budget is asked last: a retry that something else forbids costs nothing of it. */
  #stop(failure: Failure, attempt: number, delay: number): RetryStop | undefined {
    const { attempts, maximumRetryAfter, clock, budget } = this.#settings;
    if (!failure.retryable || this.#call.signal.aborted) return "not-retryable";
    if (this.#tokenSeen) return "token";
    if (attempt >= attempts) return "attempts";
    if ((failure.retryAfter ?? 0) > maximumRetryAfter) return "wait";
    if (delay >= timeLeft(this.#call, clock.now())) return "deadline";
    return !budget || budget.withdraw() ? undefined : "budget";
  }

  #end(reason: RetryStop, { kind }: Failure, attempt: number, error: unknown): unknown {
    tell({ type: "retry-stopped", attempt, kind, reason }, this.#call, this.#settings.on);
    const thrown = this.#upstreamAttempts > 0 ? this.#upstreamError : error;
    noteFailure(thrown, { attempts: this.#upstreamAttempts });
    return thrown;
  }

  async #pause(attempt: number, delay: number, kind: FailureKind): Promise<void> {
    tell({ type: "retry", attempt, delay, kind }, this.#call, this.#settings.on);
    await wait(delay, this.#call.signal);
  }
}
