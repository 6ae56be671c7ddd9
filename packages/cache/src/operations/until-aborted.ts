export type Source<T> = Iterable<T> | AsyncIterable<T>;

/** What comes last when the signal fired. */
export const aborted: unique symbol = Symbol("aborted");

/** The elements as they come, and `aborted` at last when the signal fires: a source may hang. */
export async function* untilAborted<T>(
  open: () => Source<T> | Promise<Source<T>>,
  signal: AbortSignal,
): AsyncGenerator<T | typeof aborted> {
  const end = new Promise<typeof aborted>((resolve) => {
    if (signal.aborted) resolve(aborted);
    else signal.addEventListener("abort", () => resolve(aborted), { once: true });
  });
  const source = await Promise.race([end, open()]);
  if (source === aborted) return yield aborted;
  const elements =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let isOver = false;
  try {
    for (;;) {
      const next = await Promise.race([end, elements.next()]);
      if (next === aborted) return yield aborted;
      isOver = next.done === true;
      if (isOver) return;
      yield next.value;
    }
  } finally {
    // Not waited for: a source that hangs does not answer this either.
    if (!isOver) void close(elements);
  }
}

async function close<T>(elements: Iterator<T> | AsyncIterator<T>): Promise<void> {
  try {
    await elements.return?.();
  } catch {
    // The run is over; nobody asked for what closing its source finds.
  }
}
