import { type CallUsage, NestedLedger, type RequestLedger } from "../request-ledger.ts";
import type { Reservation } from "./allowance.ts";

/** Settles a reservation by the tokens that are reported to the request. */
export class SettlingLedger extends NestedLedger {
  readonly #reservation: Reservation;
  readonly #onSettle: (used: number) => void;
  #used = 0;

  constructor(request: RequestLedger, reservation: Reservation, onSettle: (used: number) => void) {
    super(request);
    this.#reservation = reservation;
    this.#onSettle = onSettle;
  }

  override report(usage: CallUsage): void {
    // The ledger refuses what is no usage, and then nothing is settled.
    super.report(usage);
    if (usage.tokens === undefined) return;
    this.#used += usage.tokens;
    this.#reservation.settle(this.#used);
    this.#onSettle(this.#used);
  }
}
