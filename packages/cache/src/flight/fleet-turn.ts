import { setTimeout as delay } from "node:timers/promises";
import type { Lease } from "@palimpsest/core";
import { type StoreGuard, type Unavailable, unavailable } from "../tiers/store-guard.ts";

export interface FleetTurnsParts {
  readonly guard: StoreGuard;
  readonly random: () => number;
  /** Milliseconds that a lease lasts without being renewed. */
  readonly lease: number;
  /** Milliseconds that one question to the store may take. */
  readonly deadline: number;
}

/** The right of one process to fill a key: others wait for its value. */
export interface Turn {
  /** To be called when the value is in the store, or will not be. Never throws; twice is harmless. */
  readonly end: () => Promise<void>;
}

const firstWait = 5;
const longestWait = 100;
/** Answers that may fail to come, one after another, while somebody else has the turn. */
const mostLost = 3;
/** A fill that hangs for ever must not keep a whole fleet waiting. */
const longestTurn = 600_000;

/** Takes turns among processes by leases of the store; without the store everybody fills. */
export class FleetTurns {
  readonly #parts: FleetTurnsParts;

  constructor(parts: FleetTurnsParts) {
    this.#parts = parts;
  }

  /**
   * @param name - of the lease
   * @param look - asks the store for the value of whoever had the turn before
   * @returns the turn, what `look` found, or `unavailable`: then go on without a turn
   */
  async take<Found>(
    name: string,
    look: () => Promise<Found | undefined | Unavailable>,
    signal: AbortSignal,
  ): Promise<{ readonly turn: Turn } | { readonly found: Found } | Unavailable> {
    let lost = 0;
    for (let wait = firstWait; ; wait = Math.min(longestWait, wait * 2)) {
      const lease = await this.#lease(name);
      if (lease !== undefined && lease !== unavailable) return { turn: this.#keep(lease) };
      // Somebody is known to fill only once the store has said so.
      const isWaiting = wait > firstWait;
      if (lease === unavailable && (!isWaiting || this.#isLost(++lost))) return unavailable;
      await delay(wait * (0.5 + this.#parts.random()), undefined, { signal });
      const found = await look();
      if (found === unavailable && this.#isLost(++lost)) return unavailable;
      if (found !== unavailable && found !== undefined) return { found };
      if (found === undefined && lease === undefined) lost = 0;
    }
  }

  /** One late answer is no reason to fill what somebody else is filling. */
  #isLost(failures: number): boolean {
    return failures >= mostLost || this.#parts.guard.isOpen;
  }

  #lease(name: string): Promise<Lease | undefined | Unavailable> {
    return this.#parts.guard.run("lease", this.#parts.deadline, async (store, signal) => {
      const lease = await store.lease(name, this.#parts.lease, { signal });
      // An answer that came too late must not keep the others waiting.
      if (signal.aborted) await lease?.release();
      return lease;
    });
  }

  #keep(lease: Lease): Turn {
    const { guard, lease: ms } = this.#parts;
    const every = Math.max(1, Math.floor(ms / 3));
    const lastRenewal = performance.now() + longestTurn;
    const timer = setInterval(() => {
      if (performance.now() > lastRenewal) return clearInterval(timer);
      void guard
        .run("lease", every, () => lease.renew(ms))
        .then((held) => held === false && clearInterval(timer));
    }, every).unref();
    const release = async (): Promise<void> => {
      clearInterval(timer);
      await guard.run("lease", ms, () => lease.release());
    };
    let ended: Promise<void> | undefined;
    return { end: () => (ended ??= release()) };
  }
}
