import { throwIfAborted } from "@palimpsest/core";
import type { StampRegistry, Stamped } from "../invalidation/stamp-registry.ts";

/** One fill under way, and who waits for it. */
export class Flight<T = unknown> {
  readonly background: boolean;
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  /** What held when the fill began; undefined until then. */
  stamped: Stamped | undefined;
  /** Its key was set or deleted meanwhile: the result is for those who wait, not for the cache. */
  isDropped: boolean = false;
  /** Of a value that was there before its stamps were known: whether it was invalidated meanwhile. */
  isOutdated: () => boolean = () => false;
  readonly #controller = new AbortController();
  #waiters = 0;
  /** Somebody waits who cannot leave. */
  #isHeld: boolean;

  constructor(background: boolean) {
    this.background = background;
    this.#isHeld = background;
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Waiters have the rejection from the same promise; a refresh has none, and tells by an event.
    this.promise.catch(() => undefined);
  }

  /** Fires when the last waiter left. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether a caller of now may have its result: nothing was invalidated since the fill began. */
  isCurrent(registry: StampRegistry): boolean {
    if (this.isDropped || this.signal.aborted || this.isOutdated()) return false;
    return this.stamped === undefined || registry.holds(this.stamped);
  }

  /** One promise for all who cannot leave, so that a thousand waiters cost one. */
  join(signal: AbortSignal | undefined): Promise<T> {
    if (signal === undefined) {
      this.#isHeld = true;
      return this.promise;
    }
    this.#waiters++;
    const leave = (reject: (error: unknown) => void): void => {
      reject(abortedBy(signal));
      if (--this.#waiters === 0 && !this.#isHeld) this.#controller.abort(signal.reason);
    };
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return leave(reject);
      const onAbort = (): void => leave(reject);
      const settle =
        <V>(end: (value: V) => void) =>
        (value: V): void => {
          signal.removeEventListener("abort", onAbort);
          end(value);
        };
      signal.addEventListener("abort", onAbort, { once: true });
      this.promise.then(settle(resolve), settle(reject));
    });
  }
}

function abortedBy(signal: AbortSignal): unknown {
  try {
    throwIfAborted(signal);
  } catch (error) {
    return error;
  }
  return signal.reason;
}
