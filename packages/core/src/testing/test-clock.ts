import type { Clock } from "../clock.ts";

/** A clock that stands still until told. */
export class TestClock implements Clock {
  #now: number;

  constructor(now: number = Date.UTC(2030, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
