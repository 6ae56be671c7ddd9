import { type Clock, PalimpsestError } from "@palimpsest/core";
import { type CallContext, deriveCall, type Operation, timeLeft } from "../call.ts";
import { Cancellation } from "../cancellation.ts";
import type { Classifier, Failure } from "../classify/failure.ts";
import type { CallUsage } from "../request-ledger.ts";
import { type ResilienceListener, tell } from "../telemetry/event.ts";
import { AttemptLedger } from "./attempt-ledger.ts";
import type { HedgeBudget } from "./hedge-budget.ts";
import type { HedgeDelay } from "./hedge-delay.ts";

/** What all calls of one policy share. */
export interface HedgePlan {
  readonly delay: HedgeDelay;
  readonly budget: HedgeBudget;
  readonly maxHedges: number;
  readonly mayHedge: () => boolean;
  readonly loserUsage: (call: CallContext) => CallUsage | undefined;
  readonly classify: Classifier;
  readonly isFatal: (error: unknown, failure: Failure) => boolean;
  readonly clock: Clock;
  readonly on: ResilienceListener | undefined;
}

interface Attempt {
  /** 0 is the primary. */
  readonly index: number;
  readonly start: number;
  readonly call: CallContext;
  readonly ledger: AttemptLedger;
  readonly cancellation: Cancellation;
  work: Promise<unknown>;
  state: "running" | "failed" | "lost";
}

/** One call and its hedges, until the first token or the first answer decides which of them counts. */
export class HedgedCall<T> {
  readonly #plan: HedgePlan;
  readonly #outer: CallContext;
  readonly #operation: Operation<T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #attempts: Attempt[] = [];
  #leader: Attempt | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Of an attempt that reached the upstream, the latest. */
  #error: { readonly error: unknown } | undefined;

  constructor(
    plan: HedgePlan,
    outer: CallContext,
    operation: Operation<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#plan = plan;
    this.#outer = outer;
    this.#operation = operation;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    this.#plan.budget.deposit();
    this.#launch();
  }

  #launch(): void {
    const attempt = this.#newAttempt();
    this.#attempts.push(attempt);
    const work = invoke(this.#operation, attempt.call);
    attempt.work = work;
    work
      .then(
        (value) => this.#succeed(attempt, value),
        (error: unknown) => this.#fail(attempt, error),
      )
      .catch((error: unknown) => this.#break(error));
    this.#schedule(attempt.start);
  }

  #newAttempt(): Attempt {
    const index = this.#attempts.length;
    const ledger = new AttemptLedger(this.#outer.request);
    const cancellation = new Cancellation();
    const call = deriveCall(this.#outer, {
      hedge: index,
      request: ledger,
      cancellation,
      onToken: () => this.#onToken(attempt),
    });
    const start = this.#plan.clock.now();
    const work = Promise.resolve();
    const attempt: Attempt = { index, start, call, ledger, cancellation, work, state: "running" };
    return attempt;
  }

  /** The next hedge follows when the delay has passed once more without a token. */
  #schedule(now: number): void {
    clearTimeout(this.#timer);
    if (this.#leader || this.#attempts.length > this.#plan.maxHedges) return;
    const delay = this.#plan.delay.at(now);
    if (delay === undefined) return;
    this.#timer = setTimeout(() => {
      try {
        this.#hedge(delay);
      } catch (error) {
        this.#break(error);
      }
    }, delay);
  }

  /** @returns whether a hedge was sent */
  #hedge(delay: number): boolean {
    if (this.#attempts.length > this.#plan.maxHedges) return false;
    const refusal = this.#refusal();
    if (refusal) {
      tell({ type: "hedge-refused", reason: refusal }, this.#outer, this.#plan.on);
      return false;
    }
    const hedge = this.#attempts.length;
    tell({ type: "hedge", hedge, delay }, this.#outer, this.#plan.on);
    this.#launch();
    return true;
  }

  #refusal(): string | undefined {
    const { mayHedge, budget, clock } = this.#plan;
    if (this.#outer.signal.aborted) return "aborted";
    if (timeLeft(this.#outer, clock.now()) <= 0) return "deadline";
    if (!mayHedge()) return "overload";
    return budget.withdraw() ? undefined : "budget";
  }

  #onToken(attempt: Attempt): void {
    if (attempt.state !== "running") return;
    if (!this.#leader) this.#lead(attempt);
    this.#outer.onToken();
  }

  #succeed(attempt: Attempt, value: T): void {
    attempt.cancellation.settle(value);
    if (attempt.state === "lost") return;
    if (!this.#leader) this.#lead(attempt);
    this.#resolve(value);
  }

  /** From here on only this attempt counts: the others are cancelled, and no further hedge is sent. */
  #lead(leader: Attempt): void {
    this.#leader = leader;
    clearTimeout(this.#timer);
    const { clock, delay, on } = this.#plan;
    // A primary that lost took at least so long; without it the delay would shrink by its own effect.
    const primary = this.#attempts[0];
    if (primary?.state === "running") {
      const now = clock.now();
      delay.observe(now - primary.start, now);
    }
    if (leader.index > 0) tell({ type: "hedge-won", hedge: leader.index }, this.#outer, on);
    this.#cancelOthers(leader);
  }

  /** They are billed all the same, so the request is charged for them. */
  #cancelOthers(kept: Attempt): void {
    for (const { call, ledger } of this.#cancelAllBut(kept)) {
      const usage = this.#plan.loserUsage(call);
      if (usage) ledger.close(usage);
    }
  }

  /** @returns those that were running */
  #cancelAllBut(kept: Attempt | undefined): Attempt[] {
    const losers = this.#attempts.filter(
      (attempt) => attempt !== kept && attempt.state === "running",
    );
    for (const loser of losers) {
      loser.state = "lost";
      this.#outer.holdUntil(loser.work);
      loser.cancellation.cancel(
        new PalimpsestError("E_ABORTED", "another attempt of the same call was faster"),
      );
    }
    return losers;
  }

  /** A function of the application's has thrown: its error is the caller's, rather than none. */
  #break(error: unknown): void {
    clearTimeout(this.#timer);
    this.#reject(error);
    this.#cancelAllBut(undefined);
  }

  #fail(attempt: Attempt, error: unknown): void {
    attempt.cancellation.settle();
    if (attempt.state === "lost") return;
    attempt.state = "failed";
    if (this.#leader) return this.#reject(error);
    const failure = this.#plan.classify(error);
    if (attempt.index > 0 && failure.origin === "local" && failure.kind !== "aborted") {
      return this.#withdrawn(failure, error);
    }
    this.#error = { error };
    if (this.#plan.isFatal(error, failure)) return this.#giveUp(attempt, error);
    if (!isOverload(failure) && this.#hedge(0)) return;
    this.#rejectIfLast(error);
  }

  /** A limit or breaker on this side refused the hedge: it costs nothing, and the others go on. */
  #withdrawn({ kind }: Failure, error: unknown): void {
    this.#plan.budget.refund();
    tell({ type: "hedge-refused", reason: kind }, this.#outer, this.#plan.on);
    this.#rejectIfLast(error);
  }

  #giveUp(attempt: Attempt, error: unknown): void {
    clearTimeout(this.#timer);
    this.#cancelOthers(attempt);
    this.#reject(error);
  }

  #rejectIfLast(error: unknown): void {
    if (this.#attempts.some(({ state }) => state === "running")) return;
    clearTimeout(this.#timer);
    this.#reject(this.#error ? this.#error.error : error);
  }
}

/** What asks for less load gets no extra call. */
export function isOverload({ kind }: Failure): boolean {
  return kind === "rate-limited" || kind === "overloaded" || kind === "circuit-open";
}

async function invoke<T>(operation: Operation<T>, call: CallContext): Promise<T> {
  return operation(call);
}
