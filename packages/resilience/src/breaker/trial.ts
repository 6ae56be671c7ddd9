import type { Settle } from "./engine.ts";

export interface TrialOptions {
  /** Probes that decide. @defaultValue 3 */
  readonly calls?: number;
  /** Share of them that may fail. @defaultValue 0.5 */
  readonly failureRatio?: number;
}

/** The probes of a half-open circuit. A probe whose end says nothing gives its place to another one. */
export class Trial {
  readonly #calls: number;
  readonly #mayFail: number;
  readonly #patience: number;
  readonly #decide: Settle;
  #inFlight = 0;
  #successes = 0;
  #failures = 0;
  #lastEntry = 0;
  #decided = false;

  /** @param patience - milliseconds after which probes that never end no longer keep others out */
  constructor(options: Required<TrialOptions>, patience: number, decide: Settle) {
    this.#calls = options.calls;
    this.#mayFail = Math.floor(options.calls * options.failureRatio);
    this.#patience = patience;
    this.#decide = decide;
  }

  /** @returns false when all the probes that it needs are under way */
  enter(now: number): boolean {
    const places = this.#calls - this.#successes - this.#failures - this.#inFlight;
    const stuck = now - this.#lastEntry >= this.#patience;
    if (this.#decided || (places <= 0 && !stuck)) return false;
    this.#inFlight += 1;
    this.#lastEntry = now;
    return true;
  }

  leave(outcome: "success" | "failure" | "ignored", error?: unknown): void {
    this.#inFlight -= 1;
    if (outcome === "success") this.#successes += 1;
    if (outcome === "failure") this.#failures += 1;
    if (this.#decided) return;
    const failed = this.#failures > this.#mayFail;
    const passed = this.#successes >= this.#calls - this.#mayFail;
    if (!failed && !passed) return;
    this.#decided = true;
    this.#decide(failed ? "failure" : "success", error);
  }
}
