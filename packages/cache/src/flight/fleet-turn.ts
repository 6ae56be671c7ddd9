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
  /** To be called when the value is in the store, or will not be. Never throws. */
  readonly end: () => Promise<void>;
}

const firstWait = 5;
const longestWait = 100;
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
   * @param first - milliseconds left for the first question
   * @returns the turn, what `look` found, or `unavailable`: then go on without a turn
   */
  async take<Found>(
    name: string,
    look: () => Promise<Found | undefined | Unavailable>,
    first: number,
    signal: AbortSignal,
  ): Promise<{ readonly turn: Turn } | { readonly found: Found } | Unavailable> {
    let left = first;
    for (let wait = firstWait; ; wait = Math.min(longestWait, wait * 2)) {
      const lease = await this.#lease(name, left);
      if (lease === unavailable) return unavailable;
      if (lease !== undefined) return { turn: this.#keep(lease) };
      await delay(wait * (0.5 + this.#parts.random()), undefined, { signal });
      const found = await look();
      if (found === unavailable) return unavailable;
      if (found !== undefined) return { found };
      left = this.#parts.deadline;
    }
  }

  #lease(name: string, ms: number): Promise<Lease | undefined | Unavailable> {
    return this.#parts.guard.run("lease", ms, async (store, signal) => {
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
    return {
      end: async () => {
        clearInterval(timer);
        await guard.run("lease", ms, () => lease.release());
      },
    };
  }
}
