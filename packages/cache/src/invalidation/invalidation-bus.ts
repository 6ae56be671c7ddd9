import { randomUUID } from "node:crypto";
import type { KeyValueStore } from "@palimpsest/core";
import type { CacheKey } from "../cache-key.ts";
import type { EventSink } from "../event-sink.ts";
import type { StoreNames } from "../keys/store-names.ts";
import { type BusMessage, decodeMessage, encodeMessage } from "./bus-message.ts";
import type { Sequence } from "./sequence.ts";
import { everythingName, type StampRegistry } from "./stamp-registry.ts";

export interface InvalidationBusParts {
  readonly names: StoreNames;
  readonly registry: StampRegistry;
  readonly sequence: Sequence;
  readonly events: EventSink;
  /** Forgets entries of this process. */
  readonly forget: (keys: readonly CacheKey[]) => void;
}

/** Tells other processes of invalidations, and hears of theirs. Messages may get lost. */
export class InvalidationBus {
  readonly #parts: InvalidationBusParts;
  readonly #sender = randomUUID();
  #subscription: AsyncDisposable | undefined;

  constructor(parts: InvalidationBusParts) {
    this.#parts = parts;
  }

  get isListening(): boolean {
    return this.#subscription !== undefined;
  }

  /** Without effect where the store cannot push, or when this listens already. */
  async listen(store: KeyValueStore, signal: AbortSignal): Promise<void> {
    if (this.isListening || store.channels === undefined) return;
    const { names } = this.#parts;
    const subscription = await store.channels.subscribe(names.channel, (bytes) =>
      this.#hear(bytes),
    );
    // Whoever waited has gone; the next attempt makes a subscription of its own.
    if (signal.aborted) await subscription[Symbol.asyncDispose]();
    else this.#subscription = subscription;
  }

  /** Gives the invalidation its number. A message that cannot be sent is missed by that number. */
  async announce(
    store: KeyValueStore,
    signal: AbortSignal,
    content: Pick<BusMessage, "stamps" | "keys">,
  ): Promise<void> {
    const { names, sequence, events } = this.#parts;
    const number = await store.increment(names.sequence, 1, { signal });
    sequence.see(number);
    const message = encodeMessage({ sender: this.#sender, number, ...content });
    try {
      await store.channels?.publish(names.channel, message);
    } catch (error) {
      events.emit({ type: "store-error", operation: "invalidate", reason: "failed", error });
    }
  }

  async close(): Promise<void> {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    await subscription?.[Symbol.asyncDispose]();
  }

  #hear(bytes: Uint8Array): void {
    const message = this.#decode(bytes);
    if (message === undefined) return;
    const { registry, sequence } = this.#parts;
    sequence.see(message.number);
    if (message.sender === this.#sender) return;
    for (const [name, version] of message.stamps) {
      const stamp = registry.find(name);
      if (stamp !== undefined) registry.hear(stamp, version);
    }
    if (message.keys.length > 0) this.#parts.forget(message.keys);
    this.#parts.events.emit({ type: "invalidate", origin: "elsewhere", what: subjectOf(message) });
  }

  /** What cannot be read has no number either, so it counts as missed. */
  #decode(bytes: Uint8Array): BusMessage | undefined {
    try {
      return decodeMessage(bytes);
    } catch (error) {
      const { events } = this.#parts;
      events.emit({ type: "store-error", operation: "listen", reason: "corrupt", error });
      return undefined;
    }
  }
}

function subjectOf({ stamps, keys }: BusMessage): "tags" | "prefix" | "keys" | "all" {
  if (keys.length > 0) return "keys";
  const [name = ""] = stamps[0] ?? [];
  if (name === everythingName) return "all";
  return name.startsWith("p:") ? "prefix" : "tags";
}
