import { checkKey, isPalimpsestError, type KeyValueChannels } from "@palimpsest/core";
import type { Connection } from "./connection.ts";

type Listener = (message: Uint8Array<ArrayBuffer>) => void;

const firstDelay = 100;
const longestDelay = 5_000;

/**
 * Messages through the server, on a connection of their own that is opened by the first listener.
 * After a loss of that connection listeners hear again what is published from then on.
 */
export class RedisChannels implements KeyValueChannels {
  readonly #publisher: Connection;
  readonly #prefix: string;
  readonly #onWarning: ((message: string) => void) | undefined;
  readonly #listeners = new Map<string, Set<Listener>>();
  #subscriber: Connection | undefined;
  /** Subscribing and leaving happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    publisher: Connection,
    prefix: string,
    onWarning: ((message: string) => void) | undefined,
  ) {
    this.#publisher = publisher;
    this.#prefix = prefix;
    this.#onWarning = onWarning;
  }

  async publish(channel: string, message: Uint8Array): Promise<void> {
    const name = this.#nameOf(channel);
    const bytes = Buffer.from(message);
    await this.#publisher.run((client) => client.publish(name, bytes));
  }

  async subscribe(channel: string, listener: Listener): Promise<AsyncDisposable> {
    this.#publisher.checkOpen();
    const name = this.#nameOf(channel);
    // Wrapped, so that one function can subscribe twice and leave once.
    const own: Listener = (message) => listener(message);
    await this.#inTurn(() => this.#join(name, own));
    let left: Promise<void> | undefined;
    return {
      [Symbol.asyncDispose]: () => (left ??= this.#inTurn(() => this.#leave(name, own))),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#listeners.clear();
    await this.#subscriber?.close();
  }

  async #join(name: string, listener: Listener): Promise<void> {
    const present = this.#listeners.get(name);
    if (present !== undefined) {
      present.add(listener);
      return;
    }
    this.#listeners.set(name, new Set([listener]));
    try {
      await this.#connection().run((client) => client.subscribe(name));
    } catch (error) {
      this.#listeners.delete(name);
      throw error;
    }
  }

  async #leave(name: string, listener: Listener): Promise<void> {
    const listeners = this.#listeners.get(name);
    if (listeners?.delete(listener) !== true || listeners.size > 0) return;
    this.#listeners.delete(name);
    await this.#subscriber?.run((client) => client.unsubscribe(name));
  }

  #connection(): Connection {
    this.#publisher.checkOpen();
    if (this.#subscriber !== undefined) return this.#subscriber;
    const subscriber = this.#publisher.duplicate();
    subscriber.client.on("messageBuffer", (channel: Buffer, message: Buffer) =>
      this.#deliver(channel.toString(), message),
    );
    subscriber.client.on("end", () => this.#resume(firstDelay));
    this.#subscriber = subscriber;
    return subscriber;
  }

  #deliver(name: string, message: Buffer): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      const copy = new Uint8Array(message);
      // In a task of its own: a listener's error is reported, and does not disturb the connection.
      queueMicrotask(() => {
        if (this.#listeners.get(name)?.has(listener)) listener(copy);
      });
    }
  }

  /** Only this timer waits for a server to come back, and it never holds the process. */
  #resume(delay: number): void {
    if (this.#closed || this.#listeners.size === 0 || this.#retry !== undefined) return;
    if (delay === firstDelay) {
      this.#onWarning?.(
        `${this.#publisher.label} broke the connection of its channels; messages are missed until it is back`,
      );
    }
    this.#retry = setTimeout(() => {
      const again = Math.min(longestDelay, delay * 2);
      void this.#inTurn(() => this.#rejoin()).then(
        () => this.#settle(undefined),
        (error: unknown) => this.#settle(isPalimpsestError(error, "E_CLOSED") ? undefined : again),
      );
    }, delay).unref();
  }

  #settle(again: number | undefined): void {
    this.#retry = undefined;
    if (again !== undefined) this.#resume(again);
  }

  async #rejoin(): Promise<void> {
    const names = [...this.#listeners.keys()];
    if (names.length > 0) await this.#connection().run((client) => client.subscribe(...names));
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(step, step);
    this.#last = turn;
    return turn;
  }

  #nameOf(channel: string): string {
    checkKey({ scope: "", id: channel });
    return `${this.#prefix}${channel}`;
  }
}
