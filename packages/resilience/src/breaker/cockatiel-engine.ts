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

/** The default engine. @see https://github.com/connor4312/cockatiel#circuit-breaker */
export class CockatielEngine implements BreakerEngine {
  readonly #circuit: CockatielBreaker;

  constructor(parts: BreakerParts) {
    this.#circuit = circuitBreaker(
      handleWhenResult((outcome) => outcome !== "success"),
      {
        breaker: breakerOver(parts),
        halfOpenAfter: new BreakBackoff(parts.breakTime, parts.startsOpen),
        ...(parts.startsOpen && { initialState: openState }),
      },
    );
    this.#circuit.onStateChange((state) => parts.onState(states[state]));
  }

  get state(): CircuitState {
    return states[this.#circuit.state];
  }

  admit(): Settle | undefined {
    if (this.#circuit.state === CockatielState.Closed) return this.#settleClosed;
    // A caller beside a running trial would wait for its verdict.
    if (this.#circuit.state === CockatielState.HalfOpen) return undefined;
    let settle: ((outcome: CallOutcome) => void) | undefined;
    const run = this.#circuit.execute(
      () => new Promise<CallOutcome>((resolve) => (settle = resolve)),
    );
    // A rejection shows in `settle`, which then was never set.
    run.catch(() => {});
    return settle;
  }

  /** Our window counts; cockatiel hears of what may open the circuit, so a success costs next to nothing. */
  readonly #settleClosed = (outcome: CallOutcome): void => {
    if (outcome !== "success") void this.#circuit.execute(() => outcome);
  };

  isolate(): Disposable {
    const handle = this.#circuit.isolate();
    return { [Symbol.dispose]: () => handle.dispose() };
  }
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
