import type { Clock, PalimpsestError } from "@palimpsest/core";
import { abortError, type CallContext, timeLeft } from "../call.ts";
import { longestTimer } from "../timeout/deadline-queue.ts";
import { FairQueue, type QueueEntry } from "./fair-queue.ts";

/** Why a call does not get in. */
export type Refusal =
  /** As many wait as may. */
  | "queue-full"
  /** It waited in a full queue and a call of higher priority, or of a tenant with fewer, came. */
  | "gave-way"
  /** It waited as long as it may. */
  | "waited"
  /** Its own deadline leaves no time to wait. */
  | "deadline"
  /** Hedges never wait: a full limit means that there is no room for extra calls. */
  | "hedge";

export interface WaitingRoomOptions {
  /** How many calls may wait. */
  readonly size: number;
  /** Milliseconds that one may wait. */
  readonly maxWait: number;
  readonly clock: Clock;
  /** @returns what a call gets that does not get in after `waited` milliseconds */
  readonly refuse: (refusal: Refusal, call: CallContext, waited: number) => PalimpsestError;
}

/**
 * Where calls wait for a limit: bounded, by priority, fair between tenants, until a deadline, and left
 * at once by a caller who aborts. Nobody polls here: the limit's owner admits whose turn it is.
 */
export class WaitingRoom<Ticket> {
  readonly #options: WaitingRoomOptions;
  readonly #queue = new FairQueue<Waiter<Ticket>>();
  readonly #onLeave: () => void;

  /** @param onLeave - called when a call has left without being admitted */
  constructor(options: WaitingRoomOptions, onLeave: () => void = () => {}) {
    this.#options = options;
    this.#onLeave = onLeave;
  }

  get size(): number {
    return this.#queue.size;
  }

  /** Whose turn it is; the call stays until it is admitted. */
  get first(): Waiter<Ticket> | undefined {
    return this.#queue.peek();
  }

  /** What certainly has its turn before a new call. */
  ahead(call: CallContext): { readonly entries: number; readonly cost: number } {
    const { tenant = "", priority = 0 } = call.details;
    return this.#queue.ahead({ tenant, priority, cost: 0 });
  }

  /**
   * Waits until the call is admitted.
   * @param cost - what the call will take from the limit
   * @throws what `refuse` makes of a refusal, or the caller's abort
   */
  enter(call: CallContext, cost = 0): Promise<Ticket> {
    const { clock, maxWait, refuse } = this.#options;
    const wait = Math.min(maxWait, timeLeft(call, clock.now()));
    const refusal = this.#refusalOf(call, cost, wait);
    if (refusal) return Promise.reject(refuse(refusal, call, 0));
    return new Promise((resolve, reject) => {
      const waiter = new Waiter<Ticket>(call, cost, resolve);
      this.#queue.push(waiter);
      const start = clock.now();
      waiter.watch(wait, (reason) => {
        this.#queue.remove(waiter);
        const error =
          typeof reason === "string" ? refuse(reason, call, clock.now() - start) : reason;
        reject(error);
        this.#onLeave();
      });
    });
  }

  /** Lets the call in whose turn it is. @returns whether one was waiting */
  admit(ticket: Ticket): boolean {
    const waiter = this.#queue.shift();
    waiter?.admit(ticket);
    return waiter !== undefined;
  }

  #refusalOf(call: CallContext, cost: number, wait: number): Refusal | undefined {
    if (call.hedge > 0) return "hedge";
    if (wait <= 0) return "deadline";
    if (this.#queue.size < this.#options.size) return undefined;
    const { tenant = "", priority = 0 } = call.details;
    const victim = this.#queue.victimOf({ tenant, priority, cost });
    victim?.leave("gave-way");
    return victim ? undefined : "queue-full";
  }
}

/** A call that waits; its promise settles once: admitted, refused or aborted. */
export class Waiter<Ticket> implements QueueEntry {
  readonly call: CallContext;
  readonly tenant: string;
  readonly priority: number;
  readonly cost: number;
  readonly #resolve: (ticket: Ticket) => void;
  #timer: NodeJS.Timeout | undefined;
  #leave: ((reason: Refusal | Error) => void) | undefined;

  constructor(call: CallContext, cost: number, resolve: (ticket: Ticket) => void) {
    this.call = call;
    this.tenant = call.details.tenant ?? "";
    this.priority = call.details.priority ?? 0;
    this.cost = cost;
    this.#resolve = resolve;
  }

  /** @param leave - called once, unless the call is admitted */
  watch(wait: number, leave: (reason: Refusal | Error) => void): void {
    this.#leave = leave;
    const { signal } = this.call;
    if (wait <= longestTimer) this.#timer = setTimeout(() => this.leave("waited"), wait);
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  /** Ends the wait without being admitted, by a refusal or an error. */
  leave(reason: Refusal | Error): void {
    const leave = this.#leave;
    this.#unwatch();
    leave?.(reason);
  }

  admit(ticket: Ticket): void {
    this.#unwatch();
    this.#resolve(ticket);
  }

  readonly #onAbort = (): void => this.leave(abortError(this.call.signal));

  #unwatch(): void {
    this.#leave = undefined;
    clearTimeout(this.#timer);
    this.call.signal.removeEventListener("abort", this.#onAbort);
  }
}
