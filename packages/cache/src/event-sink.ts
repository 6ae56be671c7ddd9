import type { CacheEvent } from "./cache-event.ts";

/** Passes events on. A listener that throws is reported and cannot break a call. */
export class EventSink {
  /** Whether anybody listens; if not, no event need be made. */
  readonly isOpen: boolean;
  readonly #listener: (event: CacheEvent) => void;

  constructor(listener: ((event: CacheEvent) => void) | undefined) {
    this.isOpen = listener !== undefined;
    this.#listener = listener ?? (() => undefined);
  }

  emit(event: CacheEvent): void {
    try {
      this.#listener(event);
    } catch (error) {
      this.warn("the cache's onEvent threw", error);
    }
  }

  warn(what: string, error: unknown): void {
    process.emitWarning(`${what}: ${error instanceof Error ? error.message : String(error)}`, {
      type: "PalimpsestCacheWarning",
    });
  }
}
