import { expect, test, vi } from "vitest";
import { readAll } from "../fixtures/mock-answers.ts";
import { tick } from "../fixtures/stream-world.ts";
import { LiveStream } from "./live-stream.ts";

/** A stream of numbers under the test's control, and how many of them were copied. */
function live() {
  let controller: ReadableStreamDefaultController<number> | undefined;
  const upstream = new ReadableStream<number>({ start: (own) => void (controller = own) });
  const copy = vi.fn((part: number) => part);
  const stream = new LiveStream<number>(copy);
  const pumped = stream.pump(upstream, new AbortController().signal);
  return {
    stream,
    copy,
    pumped,
    send: (part: number) => controller?.enqueue(part),
    end: () => controller?.close(),
  };
}

test("a reader that stops after the end has not left before it", async () => {
  const { stream, pumped, send, end } = live();
  const onLeave = vi.fn();
  const [early, late] = [1, 2].map(() => stream.read(undefined, onLeave));
  send(1);
  await early?.cancel();
  await early?.cancel();
  expect(onLeave).toHaveBeenCalledTimes(1);
  end();
  await pumped;
  await late?.cancel();
  expect(onLeave).toHaveBeenCalledTimes(1);
});

test("nothing is copied for a reader that waits no more, or has not asked", async () => {
  const { stream, copy, send } = live();
  const reader = stream.read(undefined, () => undefined).getReader();
  stream.read(undefined, () => undefined);
  const reading = reader.read();
  await tick();
  await reader.cancel();
  send(1);
  expect(await reading).toEqual({ done: true, value: undefined });
  await tick();
  // The one that is kept.
  expect(copy).toHaveBeenCalledTimes(1);
});

test("a signal that fired before the reader came ends it at once", async () => {
  const { stream } = live();
  const onLeave = vi.fn();
  const reason = new Error("too late");
  await expect(readAll(stream.read(AbortSignal.abort(reason), onLeave))).rejects.toBe(reason);
  expect(onLeave).toHaveBeenCalledTimes(1);
});
