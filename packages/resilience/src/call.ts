import { PalimpsestError, type Policy, isPalimpsestError } from "@palimpsest/core";
import type { AbortSource, Cancellation } from "./cancellation.ts";
import type { ResilienceListener } from "./telemetry/event.ts";
import { UnboundedLedger, type RequestLedger } from "./request-ledger.ts";

/** What a caller may say about a call, at the outside of all policies. */
export interface CallDetails {
  readonly signal?: AbortSignal;
  /** Whose call it is; queues serve tenants in turn. @defaultValue "" */
  readonly tenant?: string;
  /** Queues serve a higher one first. @defaultValue 0 */
  readonly priority?: number;
  /** Tokens that the call will probably use, input and output; limits of tokens reserve them. @defaultValue 0 */
  readonly tokens?: number;
  /** What one call may cost; a ceiling of cost reserves it. @defaultValue 0: only what is reported counts */
  readonly cost?: number;
  /** The ledger of an outer layer, when this call is part of a request that is counted already. */
  readonly request?: RequestLedger;
}

/** What one attempt gets, whatever policies stand around it. */
export interface CallContext {
  /** Fires when this attempt must end: the caller left, a deadline passed, another attempt won. */
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
  /** 0 for the primary call; a hedge has 1 or more and should go to another deployment. */
  readonly hedge: number;
  /** Name of the fallback step that this call belongs to; undefined for the primary. */
  readonly step: string | undefined;
  /** Epoch milliseconds at which the nearest deadline around this attempt ends it; Infinity: none. */
  readonly deadline: number;
  /** Milliseconds that may pass between two tokens of a stream; Infinity: any. `guardStream` enforces it. */
  readonly betweenTokens: number;
  /** What the caller said about the call. */
  readonly details: CallDetails;
  /** Spending and ceilings of the whole request, across its retries and hedges. */
  readonly request: RequestLedger;
  /**
   * Says that the caller has seen output: once the first token is out, nothing is retried or hedged
   * silently, and the deadline between tokens starts anew at each call.
   */
  readonly onToken: () => void;
  /**
   * Names work that goes on when the operation has settled: a stream that is still read, a call that
   * was given up and ignores its signal. Whatever counts concurrency keeps its slot until then.
   */
  readonly holdUntil: (work: Promise<unknown>) => void;
  /** Gets the decisions of every policy around the call; policies tell it through `tell`. */
  readonly on: ResilienceListener | undefined;
}

export type Operation<T> = (context: CallContext) => Promise<T>;

/** A policy of this package: core's `Policy`, whose operation may also look at its attempt. */
export interface ResiliencePolicy extends Policy {
  /** Within another policy the second argument is that policy's context; at the outside a signal, details or nothing. */
  execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T>;
}

/** The slot of a pipeline that a policy fits. */
export type PolicyKind =
  | "fallback"
  | "hedge"
  | "retry"
  | "rate-limit"
  | "bulkhead"
  | "breaker"
  | "timeout";

/** Every policy names its kind, so that no slot of a pipeline takes another one. */
export interface PolicyOfKind<Kind extends PolicyKind> extends ResiliencePolicy {
  readonly kind: Kind;
}

export type CallParent = AbortSignal | CallContext | CallDetails;

const ignore = (): void => {};
const noDetails: CallDetails = {};

/** The outermost context; its signal is made when somebody asks for it, which most calls never do. */
class EnteredCall implements CallContext {
  readonly attempt = 1;
  readonly hedge = 0;
  readonly step: string | undefined = undefined;
  readonly on: ResilienceListener | undefined = undefined;
  readonly deadline: number = Infinity;
  readonly betweenTokens: number = Infinity;
  readonly details: CallDetails;
  readonly request: RequestLedger;
  readonly onToken: () => void = ignore;
  readonly holdUntil: (work: Promise<unknown>) => void = ignore;
  /** Undefined when nothing outside can abort the call. */
  readonly callerSignal: AbortSignal | undefined;
  #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined, details: CallDetails) {
    this.callerSignal = signal;
    this.details = details;
    this.request = details.request ?? new UnboundedLedger();
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.callerSignal ?? new AbortController().signal);
  }
}

/** What a policy may change for the calls within it. */
export interface CallChanges extends Partial<CallContext> {
  /** Lets the policy end the call by itself, at no cost while nobody reads the signal. */
  readonly cancellation?: Cancellation;
}

/** Looks up what it does not change, which costs less than copying: most of it is never read. */
class DerivedCall implements CallContext {
  readonly #parent: CallContext;
  readonly #changes: CallChanges;
  #signal: AbortSignal | undefined;

  constructor(parent: CallContext, changes: CallChanges) {
    this.#parent = parent;
    this.#changes = changes;
    this.#signal = changes.signal;
  }

  get attempt(): number {
    return this.#changes.attempt ?? this.#parent.attempt;
  }

  get hedge(): number {
    return this.#changes.hedge ?? this.#parent.hedge;
  }

  get step(): string | undefined {
    return this.#changes.step ?? this.#parent.step;
  }

  get on(): ResilienceListener | undefined {
    return this.#changes.on ?? this.#parent.on;
  }

  get deadline(): number {
    return this.#changes.deadline ?? this.#parent.deadline;
  }

  get betweenTokens(): number {
    return this.#changes.betweenTokens ?? this.#parent.betweenTokens;
  }

  get details(): CallDetails {
    return this.#changes.details ?? this.#parent.details;
  }

  get request(): RequestLedger {
    return this.#changes.request ?? this.#parent.request;
  }

  get onToken(): () => void {
    return this.#changes.onToken ?? this.#parent.onToken;
  }

  get holdUntil(): (work: Promise<unknown>) => void {
    return this.#changes.holdUntil ?? this.#parent.holdUntil;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#cancellation?.signal ?? this.#parent.signal);
  }

  /** What may abort this call, undefined when nothing can. */
  get source(): AbortSource | undefined {
    return this.#changes.signal ?? this.#cancellation ?? abortSource(this.#parent);
  }

  /** It has to follow what is around it from the moment on when somebody looks at it. */
  get #cancellation(): Cancellation | undefined {
    const { cancellation } = this.#changes;
    cancellation?.follow(abortSource(this.#parent));
    return cancellation;
  }
}

/** What may abort the call from outside: most calls have nothing. */
function abortSource(context: CallContext): AbortSource | undefined {
  if (context instanceof EnteredCall) return context.callerSignal;
  return context instanceof DerivedCall ? context.source : context.signal;
}

/**
 * The context that a policy works in: its parent's, or a new one at the outside.
 * @throws `E_ABORTED` when the given signal has fired already; `E_INVALID_INPUT` for details out of range
 */
export function enterCall(parent: CallParent | undefined): CallContext {
  if (parent === undefined) return new EnteredCall(undefined, noDetails);
  if (typeof parent !== "object" || parent === null) throw wrongParent(parent);
  if ("onToken" in parent) return parent;
  const details = "aborted" in parent ? noDetails : parent;
  const signal = "aborted" in parent ? parent : parent.signal;
  if (signal?.aborted) throw abortError(signal);
  if (details !== noDetails) checkDetails(details);
  return new EnteredCall(signal, details);
}

function wrongParent(parent: unknown): PalimpsestError {
  return new PalimpsestError(
    "E_INVALID_INPUT",
    `execute got ${parent === null ? "null" : `a ${typeof parent}`} beside the operation; give a signal, details, a policy's context or nothing`,
  );
}

function checkDetails({ priority = 0, tokens = 0, cost = 0 }: CallDetails): void {
  const estimates = tokens >= 0 && cost >= 0 && Number.isFinite(tokens + cost);
  if (Number.isFinite(priority) && estimates) return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `a call has priority ${priority}, ${tokens} tokens and a cost of ${cost}; all must be finite, tokens and cost at least 0`,
  );
}

/** A context within `parent` that differs in `changes` only. */
export function deriveCall(parent: CallContext, changes: CallChanges): CallContext {
  return new DerivedCall(parent, changes);
}

/** Milliseconds that the call has left, by its nearest deadline and its request's ceiling of time. */
export function timeLeft(context: CallContext, now: number): number {
  return Math.min(context.deadline - now, context.request.remainingTime);
}

/** What a fired signal means to the caller: the reason itself when it is ours, else `E_ABORTED` over it. */
export function abortError(signal: AbortSignal): PalimpsestError {
  const reason: unknown = signal.reason;
  if (isPalimpsestError(reason)) return reason;
  return new PalimpsestError("E_ABORTED", "the operation was aborted by its signal", {
    cause: reason,
  });
}
