import { SlidingWindow, type SlidingWindowSnapshot } from "../sliding-window.ts";
import type { CallOutcome } from "./engine.ts";

export interface CallThresholds {
  /** Milliseconds. */
  readonly window: number;
  readonly minimumCalls: number;
  readonly failureRatio: number;
  readonly slowCallRatio: number;
}

const calls = 0;
const failures = 1;
const slowCalls = 2;

/** The recent calls of one circuit, and whether they are bad enough to open it. */
export class CallWindow {
  readonly #window: SlidingWindow;
  readonly #thresholds: CallThresholds;

  constructor(thresholds: CallThresholds) {
    this.#thresholds = thresholds;
    this.#window = new SlidingWindow({ length: thresholds.window, counters: 3 });
  }

  record(outcome: CallOutcome, now: number): void {
    this.#window.add(calls, 1, now);
    if (outcome === "failure") this.#window.add(failures, 1, now);
    if (outcome === "slow") this.#window.add(slowCalls, 1, now);
  }

  /** Whether failures or slow calls have reached their share of enough calls. */
  tripped(now: number): boolean {
    const total = this.#window.sum(calls, now);
    if (total === 0 || total < this.#thresholds.minimumCalls) return false;
    const { failureRatio, slowCallRatio } = this.#thresholds;
    return (
      this.#window.sum(failures, now) >= failureRatio * total ||
      this.#window.sum(slowCalls, now) >= slowCallRatio * total
    );
  }

  clear(): void {
    this.#window.clear();
  }

  snapshot(now: number): SlidingWindowSnapshot {
    return this.#window.snapshot(now);
  }

  restore(snapshot: SlidingWindowSnapshot, now: number): void {
    this.#window.restore(snapshot, now);
  }
}
