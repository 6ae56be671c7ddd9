import { type Clock, PalimpsestError, systemClock } from "@palimpsest/core";
import { classifyError } from "../classify/classify-error.ts";
import type { Classifier } from "../classify/failure.ts";
import { numberOption } from "../number-option.ts";
import type { ResilienceListener } from "../telemetry/event.ts";
import type { BreakTimeOptions } from "./break-time.ts";
import type { BreakerEngineFactory } from "./engine.ts";
import type { BreakerSnapshot } from "./snapshot.ts";
import type { TrialOptions } from "./trial.ts";

export interface CircuitBreakerOptions {
  /** For events and errors: provider, model and region are a good one. @defaultValue "default" */
  readonly name?: string;
  /** Milliseconds that a call counts for. @defaultValue 60,000 */
  readonly window?: number;
  /** Calls within the window below which the circuit never opens. @defaultValue 20 */
  readonly minimumCalls?: number;
  /** Share of failures that opens it. @defaultValue 0.5 */
  readonly failureRatio?: number;
  /**
   * Milliseconds from which a successful call is slow: until its first token, when it tells one,
   * else until it returns. @defaultValue Infinity: none is
   */
  readonly slowCall?: number;
  /** Share of slow calls that opens it. @defaultValue 0.8 */
  readonly slowCallRatio?: number;
  readonly breakTime?: BreakTimeOptions;
  /** How many probes decide whether it closes. */
  readonly halfOpen?: TrialOptions;
  /** Where a `snapshot` of another process is taken up. */
  readonly restore?: BreakerSnapshot;
  /** Says which failures count. @defaultValue `classifyError` */
  readonly classify?: Classifier;
  /** The state machine. @defaultValue cockatiel's; `opossumEngine` of the subpath `./opossum` is the other */
  readonly engine?: BreakerEngineFactory;
  readonly on?: ResilienceListener;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
  /** In [0, 1); spreads the breaks. One that fails is a warning. @defaultValue `Math.random` */
  readonly random?: () => number;
}

export interface BreakerSettings {
  readonly name: string;
  readonly window: number;
  readonly minimumCalls: number;
  readonly failureRatio: number;
  readonly slowCall: number;
  readonly slowCallRatio: number;
  readonly breakTime: Required<BreakTimeOptions>;
  readonly halfOpen: Required<TrialOptions>;
  readonly classify: Classifier;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Node's timers, which opossum uses, hold no more. */
const longestBreak = 2 ** 30;

/** @throws `E_INVALID_INPUT` naming the option that is out of its range */
export function breakerSettings(options: CircuitBreakerOptions): BreakerSettings {
  checkEngine(options.engine);
  const ratio = { above: 0, atMost: 1 };
  const { breakTime = {}, halfOpen = {} } = options;
  return {
    name: options.name ?? "default",
    window: numberOption("window", options.window ?? 60_000, { above: 0, atMost: 2 ** 53 }),
    minimumCalls: numberOption("minimumCalls", options.minimumCalls ?? 20, {
      atLeast: 1,
      integer: true,
    }),
    failureRatio: numberOption("failureRatio", options.failureRatio ?? 0.5, ratio),
    slowCall: numberOption("slowCall", options.slowCall ?? Infinity, { above: 0 }),
    slowCallRatio: numberOption("slowCallRatio", options.slowCallRatio ?? 0.8, ratio),
    breakTime: breakTimeSettings(breakTime),
    halfOpen: {
      calls: numberOption("halfOpen.calls", halfOpen.calls ?? 3, { atLeast: 1, integer: true }),
      failureRatio: numberOption("halfOpen.failureRatio", halfOpen.failureRatio ?? 0.5, {
        atLeast: 0,
        below: 1,
      }),
    },
    classify: options.classify ?? classifyError,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

/** Other libraries choose a state machine by its name. */
function checkEngine(engine: unknown): void {
  if (engine === undefined || typeof engine === "function") return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `engine is ${typeof engine === "string" ? JSON.stringify(engine) : `of type ${typeof engine}`}; leave it out for cockatiel, or give what opossumEngine() of @palimpsest/resilience/opossum returns`,
  );
}

function breakTimeSettings(options: BreakTimeOptions): Required<BreakTimeOptions> {
  const initial = numberOption("breakTime.initial", options.initial ?? 15_000, {
    above: 0,
    atMost: longestBreak,
  });
  return {
    initial,
    maximum: numberOption("breakTime.maximum", options.maximum ?? Math.max(300_000, initial), {
      atLeast: initial,
      atMost: longestBreak,
    }),
    factor: numberOption("breakTime.factor", options.factor ?? 2, { atLeast: 1, atMost: 100 }),
    jitter: numberOption("breakTime.jitter", options.jitter ?? 0.2, { atLeast: 0, below: 1 }),
  };
}
