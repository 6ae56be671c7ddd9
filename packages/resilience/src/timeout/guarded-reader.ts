import {
  ReadableStream,
  type ReadableStreamDefaultReader,
  type ReadableStreamReadResult,
} from "node:stream/web";
import { abortError, type CallContext } from "../call.ts";
import { longestTimer } from "./deadline-queue.ts";
import { timeoutError } from "./timeout-error.ts";

type Chunk<T> = ReadableStreamReadResult<T>;

/** Reads a source under its call's signal and deadlines; whoever waits for a chunk fails at once. */
export class GuardedReader<T> {
  readonly #source: ReadableStreamDefaultReader<T>;
  readonly #call: CallContext;
  readonly #signal: AbortSignal;
  #settleHold: () => void = () => {};
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #rejectWaiting: ((error: unknown) => void) | undefined;
  #totalTimer: NodeJS.Timeout | undefined;
  /** One timer per stream, refreshed with each read. */
  #tokenTimer: NodeJS.Timeout | undefined;

  constructor(source: ReadableStreamDefaultReader<T>, call: CallContext) {
    this.#source = source;
    this.#call = call;
    this.#signal = call.signal;
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    call.holdUntil(new Promise<void>((resolve) => (this.#settleHold = resolve)));
    if (this.#signal.aborted) this.#onAbort();
  }

  /** @returns what came up to the first token, or to the end of a stream without one */
  async readUntil(isToken: (chunk: T) => boolean): Promise<Chunk<T>[]> {
    const opening = [await this.#read()];
    for (let last = opening[0]; last && !last.done && !isToken(last.value); last = opening.at(-1)) {
      opening.push(await this.#read());
    }
    if (opening.at(-1)?.done === false) this.#call.onToken();
    return opening;
  }

  /** Hands out `opening` and then the rest of the source, which from here on is under the deadlines. */
  stream(opening: Chunk<T>[]): ReadableStream<T> {
    if (!this.#ended) this.#startDeadlines();
    return new ReadableStream<T>(
      {
        pull: async (controller) => {
          const held = opening.shift();
          const chunk = held ?? (await this.#read());
          if (chunk.done) return controller.close();
          if (!held) this.#call.onToken();
          controller.enqueue(chunk.value);
        },
        cancel: (reason) => {
          this.#end();
          return this.#source.cancel(reason);
        },
      },
      // Nothing is read ahead: the source feels the reader's pace.
      { highWaterMark: 0 },
    );
  }

  /** Ends the stream with this error, and cancels its source; only the first failure counts. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#failure = { error };
    this.#end();
    this.#rejectWaiting?.(error);
    // The reader has its error; what the source says to being cancelled adds nothing to it.
    this.#source.cancel(error).catch(() => {});
  }

  #read(): Promise<Chunk<T>> {
    if (this.#failure) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      this.#rejectWaiting = reject;
      this.#tokenTimer?.refresh();
      this.#source.read().then(
        (chunk) => {
          this.#rejectWaiting = undefined;
          if (chunk.done) this.#end();
          resolve(chunk);
        },
        (error: unknown) => {
          this.#end();
          reject(error);
        },
      );
    });
  }

  #startDeadlines(): void {
    const { betweenTokens, deadline } = this.#call;
    const left = Math.max(0, Math.round(deadline - Date.now()));
    if (left <= longestTimer) {
      this.#totalTimer = setTimeout(() => {
        const what = "the rest of the stream was not complete";
        this.fail(timeoutError("total", left, this.#call, undefined, what));
      }, left);
    }
    if (betweenTokens <= longestTimer) {
      this.#tokenTimer = setTimeout(() => {
        // A reader that pauses is not a provider that stalls.
        if (this.#rejectWaiting)
          this.fail(timeoutError("between-tokens", betweenTokens, this.#call));
      }, betweenTokens);
    }
  }

  readonly #onAbort = (): void => this.fail(abortError(this.#signal));

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#totalTimer);
    clearTimeout(this.#tokenTimer);
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#settleHold();
  }
}
