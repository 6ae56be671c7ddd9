import { getEventListeners } from "node:events";
import { ReadableStream } from "node:stream/web";
import { simulateReadableStream, streamText } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CallContext, deriveCall, enterCall } from "../call.ts";
import { guardStream } from "./guard-stream.ts";
import { timeout } from "./timeout-policy.ts";

/** A source that gives one chunk per `step`, and remembers whether it was cancelled. */
function paced(chunks: readonly string[], step: number) {
  const cancelled = vi.fn();
  let index = 0;
  const stream = new ReadableStream<string>(
    {
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, step));
        const chunk = chunks[index++];
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: cancelled,
    },
    { highWaterMark: 0 },
  );
  return { stream, cancelled };
}

async function readAll<T>(stream: ReadableStream<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const timedOut = (deadline: string) =>
  expect.objectContaining({ code: "E_TIMEOUT", message: expect.stringContaining(deadline) });

/** Runs the clock for as long as the promise may need. */
async function settle<T>(promise: Promise<T>, ms = 2_000): Promise<PromiseSettledResult<T>> {
  const settled = Promise.allSettled([promise]);
  await vi.advanceTimersByTimeAsync(ms);
  return (await settled)[0];
}

describe("under a fake clock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("a stream that stalls before its first token fails the call, so that it can be retried", async () => {
    const { stream, cancelled } = paced(["a"], 500);
    const call = timeout({ firstToken: 100 }).execute((context) => guardStream(stream, context));
    expect(await settle(call)).toEqual({ status: "rejected", reason: timedOut("first-token") });
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("the deadline between tokens goes on after the call has returned", async () => {
    const { stream, cancelled } = paced(["a", "b", "c"], 90);
    const policy = timeout({ betweenTokens: 100 });
    const whole = await settle(policy.execute((context) => guardStream(stream, context)));
    if (whole.status === "rejected") throw whole.reason;
    expect(await settle(readAll(whole.value))).toMatchObject({ value: ["a", "b", "c"] });
    expect(cancelled).not.toHaveBeenCalled();

    const slow = paced(["a", "b"], 110);
    const cut = await settle(policy.execute((context) => guardStream(slow.stream, context)));
    if (cut.status === "rejected") throw cut.reason;
    const read = await settle(readAll(cut.value));
    expect(read).toEqual({ status: "rejected", reason: timedOut("between-tokens") });
    expect(slow.cancelled).toHaveBeenCalledOnce();
  });

  test("a reader that pauses is not a provider that stalls", async () => {
    const { stream } = paced(["a", "b"], 50);
    const policy = timeout({ betweenTokens: 100 });
    const call = await settle(policy.execute((context) => guardStream(stream, context)));
    if (call.status === "rejected") throw call.reason;
    await vi.advanceTimersByTimeAsync(5_000);
    const reader = call.value.getReader();
    expect(await reader.read()).toMatchObject({ value: "a" });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await settle(reader.read())).toMatchObject({ value: { value: "b" } });
  });

  test("the total deadline cuts a stream that is still running, after what has come", async () => {
    const { stream, cancelled } = paced(["a", "b", "c", "d"], 40);
    const call = await settle(
      timeout({ total: 100 }).execute((context) => guardStream(stream, context)),
      40,
    );
    if (call.status === "rejected") throw call.reason;
    const chunks: string[] = [];
    const read = settle(
      (async () => {
        for await (const chunk of call.value) chunks.push(chunk);
      })(),
    );
    const message = "the rest of the stream was not complete within 60 ms (deadline: total)";
    expect(await read).toEqual({ status: "rejected", reason: timedOut(message) });
    expect(chunks).toEqual(["a", "b"]);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("the caller's abort fails the stream at once and cancels its source", async () => {
    const caller = new AbortController();
    const { stream, cancelled } = paced(["a", "b"], 50);
    const policy = timeout({ total: 10_000 });
    const call = await settle(
      policy.execute((context) => guardStream(stream, context), caller.signal),
      50,
    );
    if (call.status === "rejected") throw call.reason;
    const read = settle(readAll(call.value), 10);
    caller.abort("left");
    expect(await read).toEqual({
      status: "rejected",
      reason: expect.objectContaining({ code: "E_ABORTED", cause: "left" }),
    });
    expect(cancelled).toHaveBeenCalledOnce();
    expect(getEventListeners(caller.signal, "abort")).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("work is held until the stream has ended, failed or been cancelled, and nothing stays behind", async () => {
    for (const end of ["read", "cancel", "fail"] as const) {
      let released = false;
      const context = deriveCall(enterCall(undefined), {
        deadline: Date.now() + 600_000,
        betweenTokens: 300_000,
        holdUntil: (work) => void work.then(() => (released = true)),
      });
      const source = ReadableStream.from(endings(end));
      const stream = await guardStream<string>(source, context);
      expect(released).toBe(false);
      if (end === "cancel") await stream.cancel();
      else await settle(readAll(stream));
      await vi.advanceTimersByTimeAsync(0);
      expect(released).toBe(true);
      expect(getEventListeners(context.signal, "abort")).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});

async function* endings(end: "read" | "cancel" | "fail") {
  yield "a";
  if (end === "fail") throw new Error("upstream");
  yield "b";
}

async function* opened() {
  yield "start";
  yield "token:a";
  yield "token:b";
}

test("chunks before the first token are held back, then given in order", async () => {
  const onToken = vi.fn();
  const context = deriveCall(enterCall(undefined), { onToken });
  const stream = await guardStream(opened(), context, {
    isToken: (chunk) => chunk.startsWith("token"),
  });
  expect(onToken).toHaveBeenCalledOnce();
  expect(await readAll(stream)).toEqual(["start", "token:a", "token:b"]);
  expect(onToken).toHaveBeenCalledTimes(2);
});

test("a source that fails before its first token rejects with its own error; an empty one is empty", async () => {
  const failure = new Error("upstream");
  const failing = new ReadableStream<string>({ start: (controller) => controller.error(failure) });
  const context = enterCall(undefined);
  await expect(guardStream(failing, context)).rejects.toBe(failure);
  const empty = new ReadableStream<string>({ start: (controller) => controller.close() });
  expect(await readAll(await guardStream(empty, context))).toEqual([]);
});

const confused = (): boolean => {
  throw new TypeError("not a chunk of mine");
};

test("an isToken that throws cancels the source", async () => {
  const cancel = vi.fn();
  const source = new ReadableStream<string>({
    start: (controller) => controller.enqueue("a"),
    cancel,
  });
  await expect(guardStream(source, enterCall(undefined), { isToken: confused })).rejects.toThrow(
    TypeError,
  );
  expect(cancel).toHaveBeenCalledOnce();
});

test("a signal that fired before the guard began fails the call and cancels the source", async () => {
  const cancel = vi.fn();
  const caller = new AbortController();
  const context = enterCall(caller.signal);
  caller.abort("left");
  const stream = new ReadableStream<string>({ cancel });
  await expect(guardStream(stream, context)).rejects.toMatchObject({ code: "E_ABORTED" });
  expect(cancel).toHaveBeenCalledOnce();
});

test("whatever the chunks, the guarded stream has the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string()), fc.nat({ max: 5 }), async (chunks, held) => {
      const policy = timeout({ total: 60_000, firstToken: 60_000, betweenTokens: 60_000 });
      let seen = 0;
      const stream = await policy.execute((context: CallContext) =>
        guardStream(ReadableStream.from(chunks), context, { isToken: () => ++seen > held }),
      );
      expect(await readAll(stream)).toEqual(chunks);
    }),
    { numRuns: 100 },
  );
});

test("the AI SDK's streamText keeps its text under every deadline", async () => {
  const model = new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({
        initialDelayInMs: null,
        chunkDelayInMs: null,
        chunks: [
          { type: "text-start" as const, id: "1" },
          { type: "text-delta" as const, id: "1", delta: "Hello " },
          { type: "text-delta" as const, id: "1", delta: "there" },
          { type: "text-end" as const, id: "1" },
        ],
      }),
    }),
  });
  const policy = timeout({ total: 60_000, firstToken: 30_000, betweenTokens: 10_000 });
  const stream = await policy.execute(async (call) =>
    guardStream(streamText({ model, prompt: "hi", abortSignal: call.signal }).textStream, call),
  );
  expect((await readAll(stream)).join("")).toBe("Hello there");
});
