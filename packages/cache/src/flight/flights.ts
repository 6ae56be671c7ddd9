import type { CacheKey } from "../cache-key.ts";
import type { StampRegistry } from "../invalidation/stamp-registry.ts";
import { Flight } from "./flight.ts";

/** The fills under way in this process: at most one per key that a caller may join. */
export class Flights {
  readonly #registry: StampRegistry;
  readonly #flights = new Map<CacheKey, Flight>();

  constructor(registry: StampRegistry) {
    this.#registry = registry;
  }

  /** @returns one whose result a caller of now may have */
  get(key: CacheKey): Flight | undefined {
    const flight = this.#flights.get(key);
    return flight?.isCurrent(this.#registry) === true ? flight : undefined;
  }

  /** In the place of one that nobody may join any more, and that may undo nothing if it still ends. */
  start(key: CacheKey, background: boolean): Flight {
    this.drop(key);
    const flight = new Flight(background);
    this.#flights.set(key, flight);
    const end = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    flight.promise.then(end, end);
    return flight;
  }

  drop(key: CacheKey): void {
    const flight = this.#flights.get(key);
    if (flight === undefined) return;
    flight.isDropped = true;
    this.#flights.delete(key);
  }

  dropAll(): void {
    for (const key of this.#flights.keys()) this.drop(key);
  }

  get size(): number {
    return this.#flights.size;
  }
}
