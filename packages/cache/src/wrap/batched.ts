import { type CallOptions, PalimpsestError, throwIfAborted } from "@palimpsest/core";
import { counted } from "../counted.ts";

/** How calls for one item each are gathered. All durations are milliseconds. */
export interface BatchOptions<In> {
  /** Items per call at most. */
  readonly maxSize: number;
  /** Bytes per call at most; an item that is larger goes alone. @defaultValue no limit */
  readonly maxBytes?: number;
  /** Size of one item, from 0 on; one that throws fails its item. @defaultValue bytes of UTF-8 of a string, of the JSON of anything else */
  readonly bytesOf?: (item: In) => number;
  /** How long the first item of a batch waits for others. @defaultValue 5 */
  readonly maxDelay?: number;
  /** Asked at each call: while false, every item goes alone and at once. @defaultValue true */
  readonly isEnabled?: () => boolean;
}

/**
 * Answers many items: one result for each, in order. An `Error` in a place fails that item alone, a throw
 * fails them all. The signal fires when nobody waits for any of them.
 */
export type BatchFunction<In, Out> = (
  items: readonly In[],
  context: { readonly signal: AbortSignal },
) => Promise<readonly (Out | Error)[]>;

interface Waiting<In, Out> {
  readonly item: In;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (value: Out) => void;
  readonly reject: (error: unknown) => void;
  /** Stops listening to the signal; called when the item goes under way. */
  stopListening?: () => void;
}

/**
 * Gathers calls for single items into calls for many, by count, bytes and delay. An aborted item is left
 * out, or forgotten once it is under way, and disturbs no other.
 * @throws `E_INVALID_INPUT` for limits below 1
 */
export function batched<In, Out>(
  call: BatchFunction<In, Out>,
  options: BatchOptions<In>,
): (item: In, options?: CallOptions) => Promise<Out> {
  const queue = new BatchQueue(call, options);
  return (item, { signal } = {}) => queue.add(item, signal);
}

/** What a timer can wait; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1;

class BatchQueue<In, Out> {
  readonly #call: BatchFunction<In, Out>;
  readonly #options: BatchOptions<In>;
  #waiting: Waiting<In, Out>[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: BatchFunction<In, Out>, options: BatchOptions<In>) {
    atLeast(1, "maxSize", options.maxSize);
    atLeast(1, "maxBytes", options.maxBytes ?? Number.POSITIVE_INFINITY);
    atLeast(0, "maxDelay", options.maxDelay ?? 0);
    this.#call = call;
    this.#options = options;
  }

  add(item: In, signal: AbortSignal | undefined): Promise<Out> {
    return new Promise((resolve, reject) => {
      throwIfAborted(signal);
      this.#enter({ item, signal, resolve, reject });
    });
  }

  #enter(waiting: Waiting<In, Out>): void {
    const { isEnabled, maxSize, maxBytes = Infinity, bytesOf = byteLength } = this.#options;
    if (isEnabled?.() === false) {
      void send(this.#call, [waiting]);
      return;
    }
    const bytes = maxBytes === Infinity ? 0 : bytesOf(waiting.item);
    atLeast(0, "the size of an item by bytesOf", bytes);
    if (this.#bytes + bytes > maxBytes) this.#flush();
    this.#waiting.push(waiting);
    this.#bytes += bytes;
    if (this.#waiting.length >= maxSize || this.#bytes >= maxBytes) {
      this.#flush();
      return;
    }
    const delay = Math.min(this.#options.maxDelay ?? 5, longestTimer);
    this.#timer ??= setTimeout(() => this.#flush(), delay);
    this.#dropOnAbort(waiting, bytes);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    if (batch.length > 0) void send(this.#call, batch);
  }

  /** While it waits an item is not sent at all; `send` listens on its own afterwards. */
  #dropOnAbort(waiting: Waiting<In, Out>, bytes: number): void {
    waiting.stopListening = onAbort(waiting.signal, (error) => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      this.#bytes -= bytes;
      waiting.reject(error);
      if (this.#waiting.length === 0) this.#flush();
    });
  }
}

/** Settles every item; never rejects itself. */
async function send<In, Out>(
  call: BatchFunction<In, Out>,
  batch: readonly Waiting<In, Out>[],
): Promise<void> {
  const controller = new AbortController();
  let waiters = batch.length;
  const listeners = batch.map(({ signal, reject, stopListening }) => {
    stopListening?.();
    return onAbort(signal, (error) => {
      reject(error);
      waiters -= 1;
      if (waiters === 0) controller.abort(signal?.reason);
    });
  });
  try {
    const results = await call(
      batch.map(({ item }) => item),
      { signal: controller.signal },
    );
    settle(batch, results);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  } finally {
    for (const stopListening of listeners) stopListening();
  }
}

function settle<In, Out>(
  batch: readonly Waiting<In, Out>[],
  results: readonly (Out | Error)[],
): void {
  if (!Array.isArray(results) || results.length !== batch.length) {
    const given = Array.isArray(results) ? counted(results.length, "result") : typeof results;
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `the batch function gave ${given} for ${counted(batch.length, "item")}; give one for each, in order`,
    );
  }
  for (const [i, { resolve, reject }] of batch.entries()) {
    const result = results[i] as Out | Error;
    if (result instanceof Error) reject(result);
    else resolve(result);
  }
}

function byteLength(item: unknown): number {
  return Buffer.byteLength(typeof item === "string" ? item : (JSON.stringify(item) ?? ""));
}

/** @returns what removes the listener: a signal may outlive many items */
function onAbort(
  signal: AbortSignal | undefined,
  then: (error: PalimpsestError) => void,
): () => void {
  const listener = () =>
    then(
      new PalimpsestError("E_ABORTED", "the item was aborted by its signal", {
        cause: signal?.reason,
      }),
    );
  signal?.addEventListener("abort", listener, { once: true });
  return () => signal?.removeEventListener("abort", listener);
}

function atLeast(least: number, name: string, value: number): void {
  if (value >= least) return;
  throw new PalimpsestError("E_INVALID_INPUT", `${name} is ${value}; give at least ${least}`);
}
