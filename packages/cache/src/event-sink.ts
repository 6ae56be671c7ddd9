import { inspect } from "node:util";
import type { CacheEvent } from "./cache-event.ts";

/** Passes events on. A listener that throws is reported once and cannot break a call. */
export class EventSink {
  /** Whether anybody listens; if not, no event need be made. */
  readonly isOpen: boolean;
  readonly #listener: (event: CacheEvent) => unknown;
  readonly #warned = new Set<string>();

  constructor(listener: ((event: CacheEvent) => void) | undefined) {
    this.isOpen = listener !== undefined;
    this.#listener = listener ?? (() => undefined);
  }

  emit(event: CacheEvent): void {
    try {
      const told = this.#listener(event);
      // An async function passes for a listener.
      if (told instanceof Promise) told.catch((error: unknown) => this.#complain(error));
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Once for each `what`: a mistake that every hit repeats must not flood the log. */
  warn(what: string, error: unknown): void {
    if (this.#warned.has(what)) return;
    this.#warned.add(what);
    process.emitWarning(`${what}: ${error instanceof Error ? error.message : inspect(error)}`, {
      type: "PalimpsestCacheWarning",
    });
  }

  #complain(error: unknown): void {
    this.warn("the cache's onEvent threw", error);
  }
}
