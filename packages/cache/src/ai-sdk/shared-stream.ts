import type {
  LanguageModelV4StreamPart as Part,
  LanguageModelV4StreamResult as StreamResult,
} from "@ai-sdk/provider";
import type { Cache, FillContext, FillOptions } from "../cache.ts";
import type { CacheKey } from "../cache-key.ts";
import { Unstored, valueOf } from "../unstored.ts";
import { isWholeStream } from "./answer.ts";
import { LiveStream } from "./live-stream.ts";

/** Asks the model. */
export type OpenStream = (signal: AbortSignal) => PromiseLike<StreamResult>;

type Beginning =
  | { readonly from: "model"; readonly result: StreamResult }
  | { readonly from: "cache"; readonly parts: readonly Part[] };

/**
 * One stream for all who ask for it at the same time: either a stored one again, or the model's, passed on
 * while it comes in and stored once it is whole. It is given up when everybody left.
 */
export class SharedStream {
  readonly #live = new LiveStream(copyOf);
  readonly #abandoned = new AbortController();
  readonly #beginning: Promise<Beginning>;
  /** Settles when the stream is over, for the cache too; never rejects. */
  readonly over: Promise<void>;
  #users = 0;
  #isOver = false;

  constructor(cache: Cache, key: CacheKey, open: OpenStream, options: FillOptions) {
    let begin: ((beginning: Beginning) => void) | undefined;
    const fromModel = new Promise<Beginning>((resolve) => (begin = resolve));
    const stored = valueOf<readonly Part[]>(
      cache.getOrSet<readonly Part[]>(
        key,
        (context) => this.#fill(open, context, (result) => begin?.({ from: "model", result })),
        { ...options, signal: this.#abandoned.signal },
      ),
    );
    this.#beginning = Promise.race([
      fromModel,
      stored.then((parts): Beginning => ({ from: "cache", parts })),
    ]);
    // A failure before the beginning is told by it, one afterwards by the stream itself.
    this.#beginning.catch(() => undefined);
    this.over = stored.then(
      () => void (this.#isOver = true),
      () => void (this.#isOver = true),
    );
  }

  /** Whether somebody who comes now can still have it. */
  get isOpen(): boolean {
    return !this.#abandoned.signal.aborted;
  }

  /** @throws the caller's abort reason, or what the model or the cache failed with */
  async join(signal: AbortSignal | undefined): Promise<StreamResult> {
    this.#users += 1;
    const beginning = await this.#waitFor(signal);
    if (beginning.from === "cache") return { stream: replay(beginning.parts) };
    const { stream: _, ...travel } = beginning.result;
    return { ...travel, stream: this.#live.read(signal, () => this.#leave()) };
  }

  async #waitFor(signal: AbortSignal | undefined): Promise<Beginning> {
    if (signal === undefined) return this.#beginning;
    let stop: (() => void) | undefined;
    const aborted = new Promise<never>((_, reject) => {
      const listener = () => reject(signal.reason);
      if (signal.aborted) listener();
      else signal.addEventListener("abort", listener, { once: true });
      stop = () => signal.removeEventListener("abort", listener);
    });
    try {
      return await Promise.race([this.#beginning, aborted]);
    } catch (error) {
      this.#leave();
      throw error;
    } finally {
      stop?.();
    }
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#users === 0 && !this.#isOver) this.#abandoned.abort();
  }

  /** Nobody reads along with a refresh. */
  async #fill(
    open: OpenStream,
    { signal, background }: FillContext,
    onOpen: (result: StreamResult) => void,
  ): Promise<readonly Part[]> {
    const live = background ? new LiveStream(copyOf) : this.#live;
    const result = await open(signal);
    if (!background) onOpen(result);
    await live.pump(result.stream, signal);
    if (!isWholeStream(live.parts)) throw new Unstored(live.parts);
    return live.parts;
  }
}

/** Errors keep their class, by which the SDK knows them; a stream with one is not kept. */
function copyOf(part: Part): Part {
  return part.type === "error" ? part : structuredClone(part);
}

function replay(parts: readonly Part[]): ReadableStream<Part> {
  return new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(copyOf(part));
      controller.close();
    },
  });
}
