import { PalimpsestError, throwIfAborted } from "@palimpsest/core";
import { toPalimpsestError } from "./chroma-errors.ts";

/** How one request is made: the client of Chroma itself knows neither time limits nor signals. */
export class Requests {
  /** Names the server in messages, without credentials. */
  readonly label: string;
  readonly #timeout: number;
  #closed = false;

  constructor(label: string, timeout: number) {
    this.label = label;
    this.#timeout = timeout;
  }

  close(): void {
    this.#closed = true;
  }

  checkOpen(): void {
    if (!this.#closed) return;
    throw new PalimpsestError(
      "E_CLOSED",
      `the connection to ${this.label} was closed; open a new one`,
    );
  }

  /**
   * Stops waiting after the time limit or at the signal; the request itself may still arrive.
   * @throws `E_UNAVAILABLE`, `E_ABORTED` and what `toPalimpsestError` makes of the client's errors
   */
  async send<T>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.checkOpen();
    throwIfAborted(signal);
    let dispose: (() => void) | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        dispose = this.#stopWith(reject, signal);
        request().then(resolve, reject);
      });
    } catch (error) {
      throw toPalimpsestError(error, this.label);
    } finally {
      dispose?.();
    }
  }

  #stopWith(reject: (error: unknown) => void, signal: AbortSignal | undefined): () => void {
    const message = `${this.label} did not answer within ${this.#timeout} ms; check the server or raise \`timeout\``;
    const onTimeout = (): void => reject(new PalimpsestError("E_UNAVAILABLE", message));
    const onAbort = (): void => {
      try {
        throwIfAborted(signal);
      } catch (error) {
        reject(error);
      }
    };
    const timer = setTimeout(onTimeout, this.#timeout).unref();
    signal?.addEventListener("abort", onAbort, { once: true });
    return () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
  }
}
