import type { CallUsage, RequestLedger } from "../request-ledger.ts";
import type { Reservation } from "./allowance.ts";

/** Passes everything on to the request's ledger, and settles a reservation by the tokens that are reported. */
export class SettlingLedger implements RequestLedger {
  readonly #request: RequestLedger;
  readonly #reservation: Reservation;
  readonly #onSettle: (used: number) => void;
  #used = 0;

  constructor(request: RequestLedger, reservation: Reservation, onSettle: (used: number) => void) {
    this.#request = request;
    this.#reservation = reservation;
    this.#onSettle = onSettle;
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

  startCall(): void {
    this.#request.startCall();
  }

  report(usage: CallUsage): void {
    // The ledger refuses what is no usage, and then nothing is settled.
    this.#request.report(usage);
    if (usage.tokens === undefined) return;
    this.#used += usage.tokens;
    this.#reservation.settle(this.#used);
    this.#onSettle(this.#used);
  }
}
