import { type CallChanges, type CallContext, deriveCall, type Operation } from "../call.ts";
import { Cancellation } from "../cancellation.ts";
import type { Deadline, DeadlineQueue } from "./deadline-queue.ts";
import type { DeadlineKind } from "./timeout-error.ts";

/** The queues of one policy, whose deadlines all of its calls share. */
export interface DeadlineQueues {
  readonly total: DeadlineQueue | undefined;
  readonly firstToken: DeadlineQueue | undefined;
  readonly betweenTokens: DeadlineQueue | undefined;
}

/** What a caller gets who misses a deadline of `limit` milliseconds. */
export type MissedDeadline = (deadline: DeadlineKind, limit: number, call: CallContext) => Error;

/**
 * One operation under its deadlines, until it settles; a stream's own guard goes on from there. It is
 * also what the operation's context has of its own, worked out when somebody looks.
 */
export class TimedCall<T> implements CallChanges {
  readonly cancellation: Cancellation = new Cancellation();

  readonly #queues: DeadlineQueues;
  readonly #outer: CallContext;
  readonly #missed: MissedDeadline;
  readonly #reject: (error: unknown) => void;
  readonly #total: Deadline | undefined;
  /** To the first token at first, then to each next one. */
  #token: Deadline | undefined;
  #work: Promise<T> | undefined;
  #ended = false;

  constructor(
    queues: DeadlineQueues,
    outer: CallContext,
    missed: MissedDeadline,
    reject: (error: unknown) => void,
  ) {
    this.#queues = queues;
    this.#outer = outer;
    this.#missed = missed;
    this.#reject = reject;
    this.#total = queues.total?.start(() => this.#expire("total", queues.total));
    this.#token = queues.firstToken?.start(() => this.#expire("first-token", queues.firstToken));
  }

  /** Epoch milliseconds, though the deadline itself is kept by a clock that nobody sets. */
  get deadline(): number {
    if (!this.#total) return this.#outer.deadline;
    return Math.min(this.#outer.deadline, Date.now() + this.#total.due - performance.now());
  }

  get betweenTokens(): number {
    return Math.min(this.#outer.betweenTokens, this.#queues.betweenTokens?.duration ?? Infinity);
  }

  get onToken(): () => void {
    const { firstToken, betweenTokens } = this.#queues;
    return firstToken || betweenTokens ? () => this.#onToken() : this.#outer.onToken;
  }

  run(operation: Operation<T>, resolve: (value: T) => void): void {
    try {
      // Callers without types may return a plain value, or a thenable of their own.
      this.#work = Promise.resolve(operation(deriveCall(this.#outer, this)));
    } catch (error) {
      this.#end();
      this.#reject(error);
      return;
    }
    this.#work.then(
      (value) => {
        this.#end();
        this.cancellation.settle(value);
        resolve(value);
      },
      (error: unknown) => {
        this.#end();
        this.cancellation.settle();
        this.#reject(error);
      },
    );
  }

  #onToken(): void {
    if (!this.#ended) {
      this.#token?.stop();
      const { betweenTokens } = this.#queues;
      this.#token = betweenTokens?.start(() => this.#expire("between-tokens", betweenTokens));
    }
    this.#outer.onToken();
  }

  #end(): void {
    this.#ended = true;
    this.#total?.stop();
    this.#token?.stop();
  }

  /** The caller goes on at once; the work, if it ignores its signal, keeps the slots that it holds. */
  #expire(deadline: DeadlineKind, queue: DeadlineQueue | undefined): void {
    this.#end();
    const error = this.#missed(deadline, queue?.duration ?? 0, this.#outer);
    this.#reject(error);
    if (this.#work) this.#outer.holdUntil(this.#work);
    this.cancellation.cancel(error);
  }
}
