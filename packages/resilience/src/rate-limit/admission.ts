import type { Clock, PalimpsestError } from "@palimpsest/core";
import { type Refusal, WaitingRoom } from "../bulkhead/waiting-room.ts";
import { abortError, type CallContext, timeLeft } from "../call.ts";
import { longestTimer } from "../timeout/deadline-queue.ts";
import type { Allowance, Reservation, Taken } from "./allowance.ts";

export interface AdmissionOptions {
  readonly allowance: Allowance;
  readonly queue: number;
  readonly maxWait: number;
  readonly clock: Clock;
  readonly refuse: (refusal: Refusal, retryAfter: number, call: CallContext) => PalimpsestError;
  /** Told how many milliseconds a call has waited that gets in. */
  readonly onWaited: (wait: number, call: CallContext) => void;
}

/** Lets calls through as their allowance has room, the others in turn; one timer for all that wait. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #room: WaitingRoom<Reservation>;
  #admitting = false;
  /** Whether the answer that is awaited, or slept on, is out of date. */
  #stale = false;
  #endNap: () => void = () => {};

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const { queue, maxWait, clock, allowance, refuse } = options;
    this.#room = new WaitingRoom(
      {
        size: queue,
        maxWait,
        clock,
        refuse: (refusal, call) => refuse(refusal, allowance.leastWait(1, 0), call),
      },
      () => this.recheck(),
    );
  }

  get waiting(): number {
    return this.#room.size;
  }

  /** Something has changed that may let the first one through earlier, or later. */
  recheck(): void {
    this.#stale = true;
    this.#endNap();
  }

  /** @throws what `refuse` makes of a refusal, at once when the call cannot make it in time */
  async enter(call: CallContext, tokens: number): Promise<Reservation> {
    if (this.#room.size === 0) {
      const asked = this.#options.allowance.take(tokens);
      const taken = asked instanceof Promise ? await untilAborted(asked, call) : asked;
      if (isReservation(taken)) return asked === taken ? taken : unlessAborted(taken, call);
    }
    const { clock, onWaited } = this.#options;
    const start = clock.now();
    const reservation = unlessAborted(await this.#wait(call, tokens), call);
    onWaited(clock.now() - start, call);
    return reservation;
  }

  #wait(call: CallContext, tokens: number): Promise<Reservation> {
    const { allowance, maxWait, clock, refuse } = this.#options;
    const ahead = this.#room.ahead(call);
    const least = allowance.leastWait(ahead.entries + 1, ahead.cost + tokens);
    if (least >= Math.min(maxWait, timeLeft(call, clock.now()))) {
      return Promise.reject(refuse("deadline", least, call));
    }
    const admitted = this.#room.enter(call, tokens);
    if (this.#room.first?.call === call) this.recheck();
    if (!this.#admitting) void this.#admitAll();
    return admitted;
  }

  async #admitAll(): Promise<void> {
    this.#admitting = true;
    for (let first = this.#room.first; first; first = this.#room.first) {
      this.#stale = false;
      try {
        const taken = await this.#options.allowance.take(first.cost);
        if (!isReservation(taken)) await this.#nap(taken.wait);
        // The turn may have passed to another while a shared allowance answered.
        else if (this.#room.first === first) this.#room.admit(taken);
        else taken.cancel();
      } catch (error) {
        first.leave(asError(error));
      }
    }
    this.#admitting = false;
  }

  async #nap(wait: number): Promise<void> {
    if (this.#stale) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(Math.ceil(wait), longestTimer));
      this.#endNap = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function isReservation(taken: Taken): taken is Reservation {
  return "settle" in taken;
}

/** Who leaves does not wait for the answer; what it brings is given back. */
function untilAborted(asked: Promise<Taken>, { signal }: CallContext): Promise<Taken> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(abortError(signal));
      // Its failure would be told to a caller who has left.
      asked.then((taken) => isReservation(taken) && taken.cancel()).catch(() => {});
    };
    const stay = (): void => signal.removeEventListener("abort", leave);
    signal.addEventListener("abort", leave, { once: true });
    asked.finally(stay).then(resolve, reject);
  });
}

/** The caller may have left since the reservation was made. */
function unlessAborted(reservation: Reservation, { signal }: CallContext): Reservation {
  if (!signal.aborted) return reservation;
  reservation.cancel();
  throw abortError(signal);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("the allowance failed", { cause: error });
}
