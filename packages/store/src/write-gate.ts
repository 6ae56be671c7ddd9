import { checkKey, type DocumentKey } from "@palimpsest/core";
import { keyString } from "./key-string.ts";

/** Writes pass together; whoever must be alone waits for them and holds the next ones up meanwhile. */
export class WriteGate {
  readonly #running = new Set<Promise<unknown>>();
  #barrier: Promise<unknown> | undefined;
  #written: Map<string, DocumentKey> | undefined;

  async pass<T>(keys: readonly DocumentKey[], write: () => Promise<T>): Promise<T> {
    while (this.#barrier !== undefined) await this.#barrier;
    this.#note(keys);
    const running = write();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Keys that the write itself will refuse are left out. */
  #note(keys: readonly DocumentKey[]): void {
    if (this.#written === undefined) return;
    for (const { scope, id } of keys) {
      if (isKey({ scope, id })) this.#written.set(keyString({ scope, id }), { scope, id });
    }
  }

  /** From now on the keys of all writes that begin are kept. */
  watch(): void {
    this.#written = new Map();
  }

  unwatch(): void {
    this.#written = undefined;
  }

  /** The keys since `watch` or since this was last called. */
  takeWritten(): DocumentKey[] {
    const keys = [...(this.#written?.values() ?? [])];
    this.#written?.clear();
    return keys;
  }

  /** Waits for the writes that are under way now. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#barrier !== undefined) await this.#barrier;
    const run = this.settled().then(work);
    this.#barrier = run.then(
      () => (this.#barrier = undefined),
      () => (this.#barrier = undefined),
    );
    return run;
  }
}

function isKey(key: DocumentKey): boolean {
  try {
    checkKey(key);
    return true;
  } catch {
    // The write that follows throws it.
    return false;
  }
}
