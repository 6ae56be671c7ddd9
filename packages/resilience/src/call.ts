import { PalimpsestError, type Policy, isPalimpsestError } from "@palimpsest/core";
import { UnboundedLedger, type RequestLedger } from "./request-ledger.ts";

/** What one attempt gets, whatever policies stand around it. */
export interface CallContext {
  /** Fires when this attempt must end: the caller left, a deadline passed, another attempt won. */
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
  /** 0 for the primary call; a hedge has 1 or more and should go to another deployment. */
  readonly hedge: number;
  /** Epoch milliseconds at which the nearest deadline around this attempt ends it; Infinity: none. */
  readonly deadline: number;
  /** Spending and ceilings of the whole request, across its retries and hedges. */
  readonly request: RequestLedger;
  /**
   * Says that the caller has seen output: once the first token is out, nothing is retried or hedged
   * silently, and the deadline between tokens starts anew at each call.
   */
  readonly onToken: () => void;
}

export type Operation<T> = (context: CallContext) => Promise<T>;

/** A policy of this package: core's `Policy`, whose operation may also look at its attempt. */
export interface ResiliencePolicy extends Policy {
  /** Within another policy the second argument is that policy's context; at the outside a signal or nothing. */
  execute<T>(operation: Operation<T>, parent?: AbortSignal | CallContext): Promise<T>;
}

const ignoreToken = (): void => {};

/** The outermost context; its signal is made when somebody asks for it, which most calls never do. */
class EnteredCall implements CallContext {
  readonly attempt = 1;
  readonly hedge = 0;
  readonly deadline: number = Infinity;
  readonly request: RequestLedger = new UnboundedLedger();
  readonly onToken: () => void = ignoreToken;
  #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= new AbortController().signal);
  }
}

/** What a policy may change for the calls within it. */
export type CallChanges = Partial<CallContext>;

/** One class for every policy keeps the calls monomorphic; the signal stays unmade until it is read. */
class DerivedCall implements CallContext {
  readonly attempt: number;
  readonly hedge: number;
  readonly deadline: number;
  readonly request: RequestLedger;
  readonly onToken: () => void;
  readonly #parent: CallContext;
  readonly #signal: AbortSignal | undefined;

  constructor(parent: CallContext, changes: CallChanges) {
    this.attempt = changes.attempt ?? parent.attempt;
    this.hedge = changes.hedge ?? parent.hedge;
    this.deadline = changes.deadline ?? parent.deadline;
    this.request = changes.request ?? parent.request;
    this.onToken = changes.onToken ?? parent.onToken;
    this.#parent = parent;
    this.#signal = changes.signal;
  }

  get signal(): AbortSignal {
    return this.#signal ?? this.#parent.signal;
  }
}

/**
 * The context that a policy works in: its parent's, or a new one at the outside.
 * @throws `E_ABORTED` when the given signal has fired already
 */
export function enterCall(parent: AbortSignal | CallContext | undefined): CallContext {
  if (parent && "onToken" in parent) return parent;
  if (parent?.aborted) throw abortError(parent);
  return new EnteredCall(parent);
}

/** A context within `parent` that differs in `changes` only. */
export function deriveCall(parent: CallContext, changes: CallChanges): CallContext {
  return new DerivedCall(parent, changes);
}

/** What a fired signal means to the caller: the reason itself when it is ours, else `E_ABORTED` over it. */
export function abortError(signal: AbortSignal): PalimpsestError {
  const reason: unknown = signal.reason;
  if (isPalimpsestError(reason)) return reason;
  return new PalimpsestError("E_ABORTED", "the operation was aborted by its signal", {
    cause: reason,
  });
}
