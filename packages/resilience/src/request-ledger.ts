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
  readonly cost: number;
  readonly tokens: number;
  /** Milliseconds left, Infinity without a ceiling of time. */
  readonly remainingTime: number;
  /** Takes one call off the ceiling. @throws `E_BUDGET_EXCEEDED` naming the ceiling that is reached */
  startCall(): void;
  report(usage: CallUsage): void;
}

/** Counts without any ceiling: what a call has whose caller set none. */
export class UnboundedLedger implements RequestLedger {
  readonly remainingTime: number = Infinity;
  calls = 0;
  cost = 0;
  tokens = 0;

  startCall(): void {
    this.calls += 1;
  }

  report({ cost = 0, tokens = 0 }: CallUsage): void {
    this.cost += cost;
    this.tokens += tokens;
  }
}
