import { ReadableStream } from "node:stream/web";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CallContext } from "../call.ts";
import { guardStream } from "../timeout/guard-stream.ts";
import { timeout } from "../timeout/timeout-policy.ts";
import { ample, settle } from "./fixtures/deployments.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) }));
afterEach(() => void vi.useRealTimers());

/** A deployment whose stream starts after `first` and gives a token every 20 ms; counts what is cancelled. */
function streams(...firsts: readonly number[]) {
  const cancelled: number[] = [];
  const started: number[] = [];
  const open = (call: CallContext): Promise<ReadableStream<string>> => {
    started.push(call.hedge);
    let token = 0;
    const source = new ReadableStream<string>(
      {
        pull: async (controller) => {
          const wait = token === 0 ? firsts[call.hedge]! : 20;
          await new Promise((resolve) => setTimeout(resolve, wait));
          if (token === 3) controller.close();
          else controller.enqueue(`${call.hedge}.${token++}`);
        },
        cancel: () => void cancelled.push(call.hedge),
      },
      { highWaterMark: 0 },
    );
    return guardStream(source, call);
  };
  return { open, cancelled, started };
}

async function readAll(stream: ReadableStream<string>): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

test("of two streams the one with the first token is read, the other is cancelled", async () => {
  const { open, cancelled } = streams(30_000, 50);
  const text = ample().policy.execute(open).then(readAll);
  expect(await settle(text)).toMatchObject({ value: ["1.0", "1.1", "1.2"] });
  expect(cancelled).toEqual([0]);
});

test("a stream that is running is neither hedged nor cancelled, however long it takes", async () => {
  const { open, cancelled, started } = streams(90);
  const stream = await settle(ample().policy.execute(open));
  if (stream.status === "rejected") throw stream.reason;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await settle(readAll(stream.value))).toMatchObject({ value: ["0.0", "0.1", "0.2"] });
  expect([started, cancelled]).toEqual([[0], []]);
});

test("a stream without a first token in time is replaced at once", async () => {
  const { open, cancelled } = streams(30_000, 10);
  const attempt = timeout({ firstToken: 60 });
  const { policy, events } = ample();
  const text = policy.execute((call) => attempt.execute(open, call)).then(readAll);
  expect(await settle(text)).toMatchObject({ value: ["1.0", "1.1", "1.2"] });
  expect(cancelled).toEqual([0]);
  expect(events[0]).toEqual({ type: "hedge", hedge: 1, delay: 0 });
});
