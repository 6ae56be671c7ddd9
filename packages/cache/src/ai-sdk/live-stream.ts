/**
 * A stream while it comes in, read by any number of callers: whoever joins late gets the parts so far and
 * then the rest. It asks for the next part as fast as it comes, so no slow reader holds up the others.
 * The parts that it keeps are copies, which no reader can change.
 */
export class LiveStream<Part> {
  readonly #copy: (part: Part) => Part;
  readonly #parts: Part[] = [];
  readonly #readers = new Set<ReadableStreamDefaultController<Part>>();
  #end: { readonly error?: unknown } | undefined;

  constructor(copy: (part: Part) => Part) {
    this.#copy = copy;
  }

  get parts(): readonly Part[] {
    return this.#parts;
  }

  /**
   * Reads upstream to its end. @throws what upstream fails with, or the signal's reason; readers get
   * it too
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
        this.#push(value);
      }
      this.#close({});
    } catch (error) {
      this.#close({ error });
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** @param onLeave - called once, when this reader stops before the end */
  read(signal: AbortSignal | undefined, onLeave: () => void): ReadableStream<Part> {
    let leave: (() => void) | undefined;
    return new ReadableStream<Part>({
      start: (controller) => {
        for (const part of this.#parts) controller.enqueue(this.#copy(part));
        if (this.#end !== undefined) {
          end(controller, this.#end);
          return;
        }
        const onAbort = () => {
          leave?.();
          controller.error(signal?.reason);
        };
        leave = () => {
          signal?.removeEventListener("abort", onAbort);
          if (this.#readers.delete(controller)) onLeave();
        };
        this.#readers.add(controller);
        signal?.addEventListener("abort", onAbort, { once: true });
      },
      cancel: () => leave?.(),
    });
  }

  #push(part: Part): void {
    this.#parts.push(this.#copy(part));
    for (const reader of this.#readers) reader.enqueue(part);
  }

  #close(how: { readonly error?: unknown }): void {
    this.#end = how;
    for (const reader of this.#readers) end(reader, how);
    this.#readers.clear();
  }
}

function end<Part>(
  reader: ReadableStreamDefaultController<Part>,
  how: { readonly error?: unknown },
): void {
  if ("error" in how) reader.error(how.error);
  else reader.close();
}
