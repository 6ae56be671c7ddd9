import type { Clock } from "@palimpsest/core";
import type { CircuitState } from "../telemetry/event.ts";
import type { BreakTime } from "./break-time.ts";
import type { CallWindow } from "./call-window.ts";

/** How a call that counts has ended; `slow` is a success that took too long. */
export type CallOutcome = "success" | "slow" | "failure";

/** Tells an engine how the call that it admitted has ended. Never called for a call that does not count. */
export type Settle = (outcome: CallOutcome, error?: unknown) => void;

/**
 * The state machine of one circuit, which the policy asks before each call and tells what became of
 * it. An engine never waits: what it does not admit at once is rejected.
 */
export interface BreakerEngine {
  readonly state: CircuitState;
  /**
   * Takes one call in; `undefined` rejects it. When the state is `half-open` afterwards, the one
   * admission stands for a whole trial, whose verdict closes the circuit or opens it again.
   */
  admit(): Settle | undefined;
  /** Holds the circuit open until the handle is disposed; then it is closed. */
  isolate(): Disposable;
}

/** What an engine works with. */
export interface BreakerParts {
  readonly name: string;
  readonly clock: Clock;
  /** Milliseconds that `calls` looks back. */
  readonly window: number;
  /** Recorded by the policy before it settles a call; the engine asks whether it has tripped. */
  readonly calls: CallWindow;
  /** The engine starts a break whenever it opens. */
  readonly breakTime: BreakTime;
  /** Whether the circuit starts open, within the break that `breakTime` holds. */
  readonly startsOpen: boolean;
  /** To be called after each change of state. */
  readonly onState: (state: CircuitState) => void;
}

export type BreakerEngineFactory = (parts: BreakerParts) => BreakerEngine;
