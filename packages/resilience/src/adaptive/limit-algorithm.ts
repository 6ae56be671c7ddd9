/** How one call went, as far as a limit of concurrency cares. */
export interface LimitSample {
  /** Calls that ran when this one started, itself included. */
  readonly inFlight: number;
  /** The upstream could not keep up: 429, 529, a deadline. */
  readonly dropped: boolean;
  /** Milliseconds to the first token, when there was one. Never the whole duration, which follows the output's length. */
  readonly firstToken: number | undefined;
  /** Whether the call started after the last decrease; the others tell of what is known already. */
  readonly fresh: boolean;
}

/** Finds the limit of concurrency that an upstream bears. */
export interface LimitAlgorithm {
  /** @returns the next limit, a fraction is kept; the caller bounds it */
  next(limit: number, sample: LimitSample): number;
}
