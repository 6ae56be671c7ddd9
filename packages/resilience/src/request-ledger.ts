import { PalimpsestError } from "@palimpsest/core";

/** What a request may spend in all, over every retry and hedge; an absent field is no ceiling. */
export interface RequestCeilings {
  /** Calls, the first included. */
  readonly calls?: number;
  /** In the currency of the costs that are reported. */
  readonly cost?: number;
  /** Milliseconds from the request's start. */
  readonly time?: number;
}

/** What one call used, reported when it is known; a cancelled call at the upper bound of its cost. */
export interface CallUsage {
  readonly cost?: number;
  readonly tokens?: number;
}

/** Counts what one request spends. */
export interface RequestLedger {
  readonly calls: number;
  /** What was reported; estimates of calls under way are not in it. */
  readonly cost: number;
  readonly tokens: number;
  /** Milliseconds left, Infinity without a ceiling of time. */
  readonly remainingTime: number;
  /**
   * Takes one call off the ceiling, and its estimated cost until that is given back.
   * @returns gives the estimate back, once: the call's cost was reported, or it has none
   * @throws `E_BUDGET_EXCEEDED` naming the ceiling that is reached
   */
  startCall(estimate?: number): () => void;
  /** @throws `E_INVALID_INPUT` for a usage that is negative or no number; nothing is counted then */
  report(usage: CallUsage): void;
}

export const nothingReserved = (): void => {};

/** Counts without any ceiling: what a call has whose caller set none. */
export class UnboundedLedger implements RequestLedger {
  readonly remainingTime: number = Infinity;
  calls = 0;
  cost = 0;
  tokens = 0;

  startCall(): () => void {
    this.calls += 1;
    return nothingReserved;
  }

  report(usage: CallUsage): void {
    const { cost, tokens } = checkUsage(usage);
    this.cost += cost;
    this.tokens += tokens;
  }
}

/** Passes everything on to the request's ledger; who stands between a call and its request changes the rest. */
export class NestedLedger implements RequestLedger {
  readonly #request: RequestLedger;

  constructor(request: RequestLedger) {
    this.#request = request;
  }

  get calls(): number {
    return this.#request.calls;
  }

  get cost(): number {
    return this.#request.cost;
  }

  get tokens(): number {
    return this.#request.tokens;
  }

  get remainingTime(): number {
    return this.#request.remainingTime;
  }

  startCall(estimate?: number): () => void {
    return this.#request.startCall(estimate);
  }

  report(usage: CallUsage): void {
    this.#request.report(usage);
  }
}

/** @throws `E_INVALID_INPUT` for a usage that is negative or no number */
export function checkUsage({ cost = 0, tokens = 0 }: CallUsage): Required<CallUsage> {
  if (cost >= 0 && tokens >= 0 && Number.isFinite(cost + tokens)) return { cost, tokens };
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `a usage of cost ${cost} and ${tokens} tokens was reported; both must be finite and at least 0`,
  );
}
