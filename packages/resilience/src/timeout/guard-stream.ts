import type { CallContext } from "../call.ts";
import { GuardedReader } from "./guarded-reader.ts";

export interface GuardStreamOptions<T> {
  /** Which chunk is the first output; those before it are held back. @defaultValue every chunk */
  readonly isToken?: (chunk: T) => boolean;
}

// The global type, not `node:stream/web`'s: with the DOM's types it is theirs, and fits `new Response(stream)`.

/**
 * Carries a call's deadlines on into the stream that the call returns. The promise settles with the
 * first token, so that a retry, a hedge or a fallback can still replace a stream that fails before
 * it; from then on a deadline, or the caller's abort, fails the stream and cancels its source.
 * Slots that the call holds are kept until the stream ends: read it to the end or cancel it.
 * @example
 * policy.execute(async (call) =>
 *   guardStream(streamText({ model, prompt, abortSignal: call.signal }).textStream, call));
 * @throws `E_TIMEOUT`, `E_ABORTED`, or the source's own error when that comes before the first token
 */
export async function guardStream<T>(
  source: ReadableStream<T> | AsyncIterable<T>,
  context: CallContext,
  { isToken = () => true }: GuardStreamOptions<T> = {},
): Promise<ReadableStream<T>> {
  const stream = source instanceof ReadableStream ? source : ReadableStream.from(source);
  const reader = new GuardedReader<T>(stream.getReader(), context);
  try {
    const opening = await reader.readUntil(isToken);
    return reader.stream(opening);
  } catch (error) {
    reader.fail(error);
    throw error;
  }
}
