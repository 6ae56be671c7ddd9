import type { KeyValueChannels } from "../key-value-store.ts";

type Listener = (message: Uint8Array<ArrayBuffer>) => void;

/** Channels within one process. Every listener gets a copy of its own, after `publish` returned. */
export class MemoryChannels implements KeyValueChannels {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #checkOpen: () => void;

  constructor(checkOpen: () => void) {
    this.#checkOpen = checkOpen;
  }

  async publish(channel: string, message: Uint8Array): Promise<void> {
    this.#checkOpen();
    for (const listener of this.#listeners.get(channel) ?? []) {
      const copy = new Uint8Array(message);
      // In a task of its own, so that a listener's error is reported and is not the publisher's.
      queueMicrotask(() => {
        if (this.#listeners.get(channel)?.has(listener)) listener(copy);
      });
    }
  }

  async subscribe(channel: string, listener: Listener): Promise<AsyncDisposable> {
    this.#checkOpen();
    // Wrapped, so that one function can subscribe twice and leave once.
    const own: Listener = (message) => listener(message);
    const listeners = this.#listeners.get(channel) ?? new Set();
    listeners.add(own);
    this.#listeners.set(channel, listeners);
    return {
      [Symbol.asyncDispose]: async () => {
        listeners.delete(own);
        if (listeners.size === 0) this.#listeners.delete(channel);
      },
    };
  }

  clear(): void {
    this.#listeners.clear();
  }
}
