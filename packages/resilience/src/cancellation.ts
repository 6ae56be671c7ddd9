/** An abort of one call alone; its controller is made only when somebody asks for the signal. */
export class Cancellation {
  #controller: AbortController | undefined;
  #cancelled = false;
  #reason: unknown;

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Counts once: a later reason changes nothing. */
  cancel(reason: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** Fires on this cancellation and with `parent`, on which it leaves no listener behind. */
  signalWithin(parent: AbortSignal | undefined): AbortSignal {
    if (this.#cancelled) return AbortSignal.abort(this.#reason);
    this.#controller ??= new AbortController();
    if (parent === undefined) return this.#controller.signal;
    return AbortSignal.any([parent, this.#controller.signal]);
  }
}
