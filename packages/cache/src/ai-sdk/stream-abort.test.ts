import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { gate } from "../fixtures/gate.ts";
import { callOf, readAll } from "../fixtures/mock-answers.ts";
import { controlled, paris, setup, streamOf, tick } from "../fixtures/stream-world.ts";

describe("abort", () => {
  test("of one reader leaves the others theirs, and what they read is cached", async () => {
    const upstream = controlled();
    const { model, read, calls } = setup(upstream.doStream);
    const controller = new AbortController();
    const gone = await model.doStream(callOf("a", { abortSignal: controller.signal }));
    const kept = await model.doStream(callOf("a"));
    upstream.send(...paris.slice(0, 4));
    await tick();
    const reason = new DOMException("stop", "AbortError");
    controller.abort(reason);
    await expect(readAll(gone.stream)).rejects.toBe(reason);
    expect(upstream.signals[0]?.aborted).toBe(false);
    upstream.send(...paris.slice(4));
    upstream.close();
    expect(await readAll(kept.stream)).toEqual(paris);
    expect(await read()).toEqual(paris);
    expect(calls).toHaveLength(1);
  });

  test.each(["aborts", "cancels"])(
    "the last reader who %s ends the call; nothing is cached",
    async (how) => {
      const upstream = controlled();
      const { model, calls, cache } = setup(upstream.doStream);
      const controller = new AbortController();
      const { stream } = await model.doStream(callOf("a", { abortSignal: controller.signal }));
      upstream.send(...paris.slice(0, 4));
      await tick();
      if (how === "aborts") controller.abort();
      else await stream.cancel("enough");
      await tick();
      expect(upstream.signals[0]?.aborted).toBe(true);
      expect(upstream.cancelled).toHaveLength(1);
      expect(cache.usage.entries).toBe(0);
      const again = await model.doStream(callOf("a"));
      expect(calls).toHaveLength(2);
      upstream.send(...paris);
      upstream.close();
      expect(await readAll(again.stream)).toEqual(paris);
    },
  );

  test("by the last one makes room at once for somebody who asks anew", async () => {
    const first = controlled();
    const second = controlled();
    const { model, calls } = setup((options) =>
      (calls.length === 1 ? first : second).doStream(options),
    );
    const { stream } = await model.doStream(callOf("a"));
    const leaving = stream.cancel();
    const again = model.doStream(callOf("a"));
    await leaving;
    const answer = await again;
    second.send(...paris);
    second.close();
    expect(await readAll(answer.stream)).toEqual(paris);
    expect(calls).toHaveLength(2);
  });

  test("before the stream begins ends the wait at once", async () => {
    const { opened, open } = gate();
    const signals: (AbortSignal | undefined)[] = [];
    const { model, calls } = setup(async ({ abortSignal }) => {
      signals.push(abortSignal);
      await opened;
      return { stream: streamOf(paris) };
    });
    const controller = new AbortController();
    const call = model.doStream(callOf("a", { abortSignal: controller.signal }));
    const waiting = model.doStream(callOf("a"));
    await tick();
    const reason = new DOMException("stop", "AbortError");
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(signals[0]?.aborted).toBe(false);
    open();
    expect(await readAll((await waiting).stream)).toEqual(paris);
    expect(calls).toHaveLength(1);
  });

  test("of a reader who has not read the end yet: it is cached, and a long-lived signal keeps no listener", async () => {
    const { model, calls } = setup(async () => ({ stream: streamOf(paris) }));
    const lasting = new AbortController();
    const call = callOf("a", { abortSignal: lasting.signal });
    const slow = await model.doStream(callOf("a"));
    const first = await model.doStream(call);
    await tick();
    await slow.stream.cancel();
    expect(await readAll(first.stream)).toEqual(paris);
    expect(await readAll((await model.doStream(call)).stream)).toEqual(paris);
    expect(calls).toHaveLength(1);
    expect(getEventListeners(lasting.signal, "abort")).toEqual([]);
  });
});
