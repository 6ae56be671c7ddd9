import { EventEmitter } from "node:events";
import CircuitBreaker from "opossum";
import type { BreakerEngine, BreakerParts, Settle } from "../breaker/engine.ts";
import type { CircuitState } from "../telemetry/event.ts";
import { longestTimer } from "../timeout/deadline-queue.ts";
import { type CircuitOptions, lockedOptions, slices } from "./locked-options.ts";

/** A circuit of opossum as dashboards read it: its events and statistics. */
export type OpossumCircuit = CircuitBreaker<[() => Promise<unknown>], unknown>;

export interface OpossumEngineOptions {
  /** For dashboards that show circuits by group. @defaultValue the breaker's name */
  readonly group?: string;
  /** Gets each circuit when it is made, to hand it to a dashboard or an exporter. */
  readonly onCircuit?: (circuit: OpossumCircuit) => void;
}

/**
 * Opossum as the state machine. Its breaks run on Node's timers, one per open circuit, so an
 * injected clock has no part in how long a circuit stays open.
 */
export class OpossumEngine implements BreakerEngine {
  readonly #parts: BreakerParts;
  readonly #circuit: OpossumCircuit;
  /** Opossum keeps this very object and reads `resetTimeout` at each opening. */
  readonly #options: CircuitOptions;
  readonly #rotation = new EventEmitter();
  #newestSlice: number;
  #isolations = 0;
  #told: CircuitState;

  constructor(parts: BreakerParts, { group, onCircuit }: OpossumEngineOptions) {
    this.#parts = parts;
    this.#newestSlice = this.#sliceNow();
    this.#told = parts.startsOpen ? "open" : "closed";
    this.#options = lockedOptions(parts, group ?? parts.name, this.#rotation);
    this.#circuit = new CircuitBreaker((run) => run(), this.#options);
    this.#circuit.on("open", () => this.#tell());
    this.#circuit.on("close", () => this.#tell());
    this.#circuit.on("halfOpen", () => this.#endBreak());
    onCircuit?.(this.#circuit);
  }

  get state(): CircuitState {
    if (this.#isolations > 0) return "isolated";
    if (this.#circuit.halfOpen) return "half-open";
    return this.#circuit.opened ? "open" : "closed";
  }

  admit(): Settle | undefined {
    this.#rotate();
    let settle: Settle | undefined;
    const fired = this.#circuit.fire(
      () =>
        new Promise((resolve, reject) => {
          settle = (outcome, error) => {
            if (outcome !== "failure") resolve(undefined);
            else this.#fail(reject, error);
            this.#openIfTripped();
          };
        }),
    );
    // A rejection shows in `settle`, which then was never set; a failure was settled by the policy.
    fired.catch(() => {});
    return settle;
  }

  isolate(): Disposable {
    this.#isolations += 1;
    this.#holdOpen();
    let disposed = false;
    return {
      [Symbol.dispose]: () => {
        if (disposed) return;
        disposed = true;
        this.#isolations -= 1;
        if (this.#isolations === 0) this.#circuit.close();
      },
    };
  }

  /** Opossum opens by itself when its probe fails, and takes the length of the break then. */
  #fail(reject: (error: unknown) => void, error: unknown): void {
    if (this.#circuit.halfOpen) this.#startBreak();
    reject(error);
  }

  #openIfTripped(): void {
    const { calls, clock } = this.#parts;
    if (!calls.tripped(clock.now())) return;
    this.#startBreak();
    this.#circuit.open();
  }

  #startBreak(): void {
    this.#options.resetTimeout = this.#parts.breakTime.start();
  }

  /** The timer of a break from before goes off within an isolation too. */
  #endBreak(): void {
    if (this.#isolations > 0) this.#holdOpen();
    else this.#tell();
  }

  #holdOpen(): void {
    // Opossum knows no break without an end.
    this.#options.resetTimeout = longestTimer;
    this.#circuit.open();
    this.#tell();
  }

  #tell(): void {
    const { state } = this;
    if (state === this.#told) return;
    this.#told = state;
    this.#parts.onState(state);
  }

  /** Opossum's own statistics turn with the calls, which needs no timer. */
  #rotate(): void {
    const current = this.#sliceNow();
    const turns = Math.min(slices, current - this.#newestSlice);
    for (let turn = 0; turn < turns; turn += 1) this.#rotation.emit("rotate");
    this.#newestSlice = Math.max(this.#newestSlice, current);
  }

  #sliceNow(): number {
    return Math.floor((this.#parts.clock.now() * slices) / this.#parts.window);
  }
}
