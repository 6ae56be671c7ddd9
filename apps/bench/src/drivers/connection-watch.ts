import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** Counts the connections that this process opens to anything but the engines. */
export class ConnectionWatch {
  readonly #allowed: ReadonlySet<string>;
  #elsewhere = 0;

  constructor(urls: readonly string[]) {
    this.#allowed = new Set(urls.map((url) => new URL(url).port));
    subscribe("net.client.socket", this.#onSocket);
  }

  /** @returns how many there were since the start */
  stop(): number {
    unsubscribe("net.client.socket", this.#onSocket);
    return this.#elsewhere;
  }

  readonly #onSocket = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    socket.once("connectionAttempt", (_address: string, port: number) => {
      if (!this.#allowed.has(`${port}`)) this.#elsewhere++;
    });
  };
}
