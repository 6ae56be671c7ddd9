/**
 * A stream while it comes in, read by any number of callers, each from its beginning and at its own pace. It
 * asks for the next part as fast as it comes, so no slow reader holds up the others. All readers share one
 * list of parts, of which each gets copies that it may change.
 */
export class LiveStream<Part> {
  readonly #copy: (part: Part) => Part;
  readonly #parts: Part[] = [];
  #end: { readonly error?: unknown } | undefined;
  /** Wakes the readers who have read all there is. */
  #waiting: (() => void)[] = [];

  constructor(copy: (part: Part) => Part) {
    this.#copy = copy;
  }

  get parts(): readonly Part[] {
    return this.#parts;
  }

  /**
   * Reads upstream to its end. @throws what upstream fails with, or the signal's reason; readers get
   * it too, after the parts before it
   */
  async pump(upstream: ReadableStream<Part>, signal: AbortSignal): Promise<void> {
    const reader = upstream.getReader();
    const stop = () => void reader.cancel(signal.reason).catch(() => undefined);
    signal.addEventListener("abort", stop, { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        const { done, value } = await reader.read();
        if (done) break;
        this.#parts.push(this.#copy(value));
        this.#wake();
      }
      this.#end = {};
    } catch (error) {
      this.#end = { error };
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#wake();
    }
  }

  /** @param onLeave - called once, when this reader stops before upstream has ended */
  read(signal: AbortSignal | undefined, onLeave: () => void): ReadableStream<Part> {
    let next = 0;
    let isDone = false;
    let onAbort: (() => void) | undefined;
    const stop = () => {
      if (isDone) return;
      isDone = true;
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
      if (this.#end === undefined) onLeave();
    };
    return new ReadableStream<Part>(
      {
        start: (controller) => {
          onAbort = () => {
            stop();
            controller.error(signal?.reason);
          };
          if (signal?.aborted) onAbort();
          else signal?.addEventListener("abort", onAbort, { once: true });
        },
        pull: async (controller) => {
          while (next === this.#parts.length && this.#end === undefined) {
            await new Promise<void>((resolve) => void this.#waiting.push(resolve));
          }
          if (isDone) return;
          if (next < this.#parts.length) {
            controller.enqueue(this.#copy(this.#parts[next++] as Part));
            return;
          }
          stop();
          end(controller, this.#end ?? {});
        },
        cancel: stop,
      },
      // Nothing is copied before it is asked for.
      { highWaterMark: 0 },
    );
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

function end<Part>(
  reader: ReadableStreamDefaultController<Part>,
  how: { readonly error?: unknown },
): void {
  if ("error" in how) reader.error(how.error);
  else reader.close();
}
