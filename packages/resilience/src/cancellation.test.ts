import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import { Cancellation } from "./cancellation.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

function following(source: AbortSignal | Cancellation): Cancellation {
  const cancellation = new Cancellation();
  cancellation.follow(source);
  return cancellation;
}

test("fires its own signal, with the first reason, and no other call's", () => {
  const caller = new AbortController();
  const [one, other] = [following(caller.signal), following(caller.signal)];
  const [signal, innocent] = [one.signal, other.signal];
  const reason = new Error("late");
  one.cancel(reason);
  one.cancel(new Error("later"));
  expect(signal.reason).toBe(reason);
  expect(innocent.aborted).toBe(false);
  expect(caller.signal.aborted).toBe(false);
});

test("gives a fired signal to whoever asks after the cancellation", () => {
  const cancellation = new Cancellation();
  cancellation.cancel(new Error("late"));
  expect(cancellation.cancelled).toBe(true);
  expect(cancellation.signal.reason).toEqual(new Error("late"));
});

describe("follows its source", () => {
  test("through every level, with the caller's reason, though no level between has a signal", () => {
    const caller = new AbortController();
    const inner = following(following(following(caller.signal)));
    const { signal } = inner;
    caller.abort("left");
    expect(signal.reason).toBe("left");
  });

  test("that has fired already", () => {
    expect(following(AbortSignal.abort("left")).signal.reason).toBe("left");
    const outer = new Cancellation();
    outer.cancel("late");
    expect(following(outer).signal.reason).toBe("late");
  });

  test("and leaves no listener behind when it is cancelled, or settled without a result to keep", () => {
    const caller = new AbortController();
    following(caller.signal).cancel("late");
    following(caller.signal).settle();
    following(caller.signal).settle("text");
    expect(listenersOf(caller.signal)).toBe(0);
  });
});

describe("when the call has returned a stream", () => {
  test("the caller's abort still reaches the signal", () => {
    const caller = new AbortController();
    const outer = following(caller.signal);
    const inner = following(outer);
    const { signal } = inner;
    inner.settle({ body: "a stream" });
    outer.settle({ body: "a stream" });
    caller.abort("left");
    expect(signal.reason).toBe("left");
  });

  test("as long as somebody holds the signal, and not longer", async () => {
    const caller = new AbortController();
    const held = settledWithin(caller.signal);
    for (let call = 0; call < 100; call++) settledWithin(caller.signal);
    expect(listenersOf(caller.signal)).toBe(101);
    await untilCollected(caller.signal, 1);
    caller.abort("left");
    expect(held.reason).toBe("left");
  });

  test("a source that comes only then is followed too, and as weakly", async () => {
    const caller = new AbortController();
    const late = (): AbortSignal => {
      const cancellation = new Cancellation();
      cancellation.settle({});
      cancellation.follow(caller.signal);
      return cancellation.signal;
    };
    const held = late();
    for (let call = 0; call < 100; call++) late();
    await untilCollected(caller.signal, 1);
    caller.abort("left");
    expect(held.reason).toBe("left");
  });
});

/** Finalizers run between collections, whenever the engine finds the time. */
function untilCollected(signal: AbortSignal, listeners: number): Promise<void> {
  const check = (): void => {
    collect();
    expect(listenersOf(signal)).toBe(listeners);
  };
  return vi.waitFor(check, { timeout: 30_000 });
}

/** The signal of a call that has returned a stream, two policies deep. */
function settledWithin(source: AbortSignal): AbortSignal {
  const outer = following(source);
  const inner = following(outer);
  const { signal } = inner;
  inner.settle({});
  outer.settle({});
  return signal;
}
