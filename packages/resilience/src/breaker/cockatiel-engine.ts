import {
  type CircuitBreakerPolicy as CockatielBreaker,
  CircuitState as CockatielState,
  circuitBreaker,
  handleWhenResult,
  type IBackoff,
  type IBreaker,
} from "cockatiel";
import type { CircuitState } from "../telemetry/event.ts";
import type { BreakTime } from "./break-time.ts";
import type { BreakerEngine, BreakerParts, CallOutcome, Settle } from "./engine.ts";

const states: Record<CockatielState, CircuitState> = {
  [CockatielState.Closed]: "closed",
  [CockatielState.Open]: "open",
  [CockatielState.HalfOpen]: "half-open",
  [CockatielState.Isolated]: "isolated",
};

/**
 * The default engine. Our window counts, and cockatiel hears only of what may open the circuit: a
 * success costs next to nothing, and a circuit that never failed holds no more than its window.
 * @see https://github.com/connor4312/cockatiel#circuit-breaker
 */
export class CockatielEngine implements BreakerEngine {
  readonly #parts: BreakerParts;
  #made: CockatielBreaker | undefined;

  constructor(parts: BreakerParts) {
    this.#parts = parts;
    if (parts.startsOpen) this.#made = createCircuit(parts);
  }

  get state(): CircuitState {
    return this.#made ? states[this.#made.state] : "closed";
  }

  admit(): Settle | undefined {
    const { state } = this;
    if (state === "closed") return this.#settleClosed;
    // A caller beside a running trial would wait for its verdict.
    return state === "half-open" ? undefined : this.#admitTrial();
  }

  isolate(): Disposable {
    const handle = this.#circuit.isolate();
    return { [Symbol.dispose]: () => handle.dispose() };
  }

  get #circuit(): CockatielBreaker {
    return (this.#made ??= createCircuit(this.#parts));
  }

  readonly #settleClosed: Settle = (outcome) => {
    if (outcome !== "success") void this.#circuit.execute(() => outcome);
  };

  #admitTrial(): Settle | undefined {
    let settle: Settle | undefined;
    const verdict = this.#circuit.execute(
      () => new Promise<CallOutcome>((resolve) => (settle = resolve)),
    );
    // A rejection shows in `settle`, which then was never set.
    verdict.catch(() => {});
    return settle;
  }
}

function createCircuit(parts: BreakerParts): CockatielBreaker {
  const circuit = circuitBreaker(
    handleWhenResult((outcome) => outcome !== "success"),
    {
      breaker: breakerOver(parts),
      halfOpenAfter: new BreakBackoff(parts.breakTime, parts.startsOpen),
      ...(parts.startsOpen && { initialState: openState }),
    },
  );
  circuit.onStateChange((state) => parts.onState(states[state]));
  return circuit;
}

/** What cockatiel's own snapshot of an open circuit is like; the break's end is in our `BreakTime`. */
const openState = {
  ownState: { value: CockatielState.Open, openedAt: 0, attemptNo: 1 },
  breakerState: undefined,
};

/** Cockatiel's sampling breaker keeps old samples over a pause; ours asks the window that forgets by time. */
function breakerOver({ calls, clock }: BreakerParts): IBreaker {
  return {
    state: undefined,
    success: () => {},
    failure: () => calls.tripped(clock.now()),
  };
}

/** Lets the injected clock decide when a break is over: cockatiel compares `duration` with the system's time. */
class BreakBackoff implements IBackoff<unknown> {
  readonly #breakTime: BreakTime;
  #restoring: boolean;

  constructor(breakTime: BreakTime, restoring: boolean) {
    this.#breakTime = breakTime;
    this.#restoring = restoring;
  }

  get duration(): number {
    return this.#breakTime.remaining > 0 ? Infinity : -Infinity;
  }

  /** Called at each opening, and once when an open circuit is restored, whose break runs already. */
  next(): this {
    if (this.#restoring) this.#restoring = false;
    else this.#breakTime.start();
    return this;
  }
}
