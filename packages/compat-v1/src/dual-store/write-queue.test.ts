import { describe, expect, it } from "vitest";
import { StandInChroma } from "./fixtures/stand-ins.ts";
import { ChromaWriteQueue } from "./write-queue.ts";

const quick = { retryDelayMs: 1, flushIntervalMs: 5 };

describe("v1's vector queue", () => {
  it("sends one aligned call when the batch is full", async () => {
    const chroma = new StandInChroma();
    const queue = new ChromaWriteQueue(chroma, { ...quick, batchSize: 3 });
    await Promise.all(["a", "b", "c"].map((id, i) => queue.add(id, `text ${id}`, { i })));
    expect(chroma.calls).toEqual([
      {
        ids: ["a", "b", "c"],
        documents: ["text a", "text b", "text c"],
        metadatas: [{ i: 0 }, { i: 1 }, { i: 2 }],
      },
    ]);
  });

  it("writes directly when it is disabled, and has v1's fresh statistics", async () => {
    const chroma = new StandInChroma();
    const queue = new ChromaWriteQueue(chroma, { enabled: false });
    expect(queue.getQueueStats()).toEqual({
      queueLength: 0,
      processing: false,
      config: {
        batchSize: 10,
        flushIntervalMs: 1_000,
        maxRetries: 3,
        retryDelayMs: 2_000,
        enabled: false,
      },
    });
    await queue.add("a", "x", {});
    expect(chroma.calls).toHaveLength(1);
  });

  it("flushes by its timer and tries again after a failure", async () => {
    const chroma = new StandInChroma();
    let failures = 2;
    const add = chroma.add.bind(chroma);
    chroma.add = async (records) => {
      if (failures-- > 0) throw new Error("busy");
      return add(records);
    };
    const queue = new ChromaWriteQueue(chroma, quick);
    await Promise.all([queue.add("a", "x", {}), queue.add("b", "y", {})]);
    expect(chroma.records.size).toBe(2);
  });

  it("6.1 #4: one bad record fails alone", async () => {
    const chroma = new StandInChroma();
    const add = chroma.add.bind(chroma);
    chroma.add = async (records) => {
      if (records.ids.includes("bad")) throw new Error("bad record");
      return add(records);
    };
    const queue = new ChromaWriteQueue(chroma, { ...quick, batchSize: 4, maxRetries: 0 });
    const adds = ["a", "bad", "c", "d"].map((id) => queue.add(id, id, {}));
    const results = await Promise.allSettled(adds);
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
  });

  it("6.1 #17: shutdown writes everything that waits and refuses more", async () => {
    const chroma = new StandInChroma();
    const queue = new ChromaWriteQueue(chroma, { batchSize: 10, flushIntervalMs: 60_000 });
    const adds = Array.from({ length: 9 }, (_, i) => queue.add(`${i}`, "x", {}));
    queue.updateConfig({ batchSize: 2 });
    await queue.shutdown();
    await Promise.all(adds);
    expect(chroma.records.size).toBe(9);
    await expect(queue.add("late", "x", {})).rejects.toThrow(
      "ChromaWriteQueue shutdown - write cancelled",
    );
  });
});
