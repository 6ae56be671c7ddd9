import { describe, expect, it } from "vitest";
import { VirtualTime } from "./virtual-time.ts";

describe("VirtualTime", () => {
  it("wakes in the order of time, each at its own moment", async () => {
    const time = new VirtualTime(1000);
    const woken: [string, number][] = [];
    const sleep = async (name: string, ms: number): Promise<void> => {
      await time.wait(ms);
      woken.push([name, time.now()]);
    };
    void sleep("late", 30);
    void sleep("early", 10).then(() => sleep("after early", 5));
    void sleep("never", 31);
    await time.advance(30);
    expect(woken).toEqual([
      ["early", 1010],
      ["after early", 1015],
      ["late", 1030],
    ]);
    expect(time.now()).toBe(1030);
  });

  it("ends a wait with the signal that stops it", async () => {
    const time = new VirtualTime();
    const stop = new AbortController();
    const waiting = time.wait(1000, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "E_ABORTED" });
    await expect(time.wait(1, stop.signal)).rejects.toMatchObject({ code: "E_ABORTED" });
  });
});
