/** What may end a call from outside: its caller's signal, or the cancellation of a policy around it. */
export type AbortSource = AbortSignal | Cancellation;

/** A signal that somebody holds keeps alive what fires it. */
const owners = new WeakMap<AbortSignal, Cancellation>();

/** Takes the listener of a cancellation that nobody can notice any more off its source. */
const forgotten = new FinalizationRegistry<{ source: AbortSource; listener: () => void }>(
  ({ source, listener }) => unlisten(source, listener),
);

/**
 * An abort of one call alone, which also follows the abort of what is around it. Its controller is made
 * only when somebody asks for the signal.
 *
 * Not `AbortSignal.any`: that costs some twenty times as much for each policy that a call passes. Here
 * the link to the source is an ordinary listener while the call runs, and weak from then on, when only
 * a stream that the call has returned may still need it.
 */
export class Cancellation {
  #controller: AbortController | undefined;
  #listeners: Set<() => void> | undefined;
  #source: AbortSource | undefined;
  #settled = false;
  #cancelled = false;
  #reason: unknown;

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      owners.set(this.#controller.signal, this);
      if (this.#cancelled) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Counts once: a later reason changes nothing. */
  cancel(reason: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#reason = reason;
    this.#unfollow();
    this.#controller?.abort(reason);
    for (const listener of this.#listeners ?? []) listener();
  }

  /** From now on it fires with its source too; it has one, so a second one is not looked at. */
  follow(source: AbortSource | undefined): void {
    if (!source || this.#source || this.#cancelled) return;
    if (hasFired(source)) return this.cancel(source.reason);
    this.#source = source;
    if (this.#settled) this.#followWeakly(source);
    else listen(source, this.#onSource);
  }

  /**
   * The call has ended.
   * @param result - a result that may still need the signal, such as a stream, keeps a weak link
   */
  settle(result?: unknown): void {
    this.#settled = true;
    const source = this.#source;
    if (!source) return;
    unlisten(source, this.#onSource);
    if ((typeof result === "object" && result !== null) || typeof result === "function") {
      this.#followWeakly(source);
    }
  }

  /** Called once by a cancellation that follows this one. */
  add(listener: () => void): void {
    (this.#listeners ??= new Set()).add(listener);
  }

  remove(listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  readonly #onSource = (): void => this.cancel(this.#source?.reason);

  #unfollow(): void {
    if (this.#source) unlisten(this.#source, this.#onSource);
  }

  #followWeakly(source: AbortSource): void {
    const self = new WeakRef(this);
    const listener = (): void => self.deref()?.cancel(source.reason);
    listen(source, listener);
    forgotten.register(this, { source, listener });
  }
}

function hasFired(source: AbortSource): boolean {
  return source instanceof Cancellation ? source.cancelled : source.aborted;
}

function listen(source: AbortSource, listener: () => void): void {
  if (source instanceof Cancellation) source.add(listener);
  else source.addEventListener("abort", listener, { once: true });
}

function unlisten(source: AbortSource, listener: () => void): void {
  if (source instanceof Cancellation) source.remove(listener);
  else source.removeEventListener("abort", listener);
}
