import { PalimpsestError } from "@palimpsest/core";
import { expect, test } from "vitest";
import { gate } from "./fixtures/gate.ts";
import { memoryParts } from "./fixtures/memory-parts.ts";

const down = (): never => {
  throw new PalimpsestError("E_UNAVAILABLE", "connection refused");
};

function documents(count: number): { text: string }[] {
  return Array.from({ length: count }, (_, i) => ({ text: `text ${i}` }));
}

test("while the index is down eventual writes go on up to maxBacklog, then fail and write nothing", async () => {
  const parts = await memoryParts();
  const store = await parts.open({ consistency: "eventual", maxBacklog: 10 });
  parts.vectors.beforeUpsert = down;
  for (const { text } of documents(10)) {
    await store.upsert({ id: text, text });
  }
  const full = { code: "E_FULL", message: expect.stringMatching(/10 documents.*maxBacklog/) };
  await expect(store.upsert({ id: "11", text: "one more" })).rejects.toMatchObject(full);
  await expect(store.delete({ id: "text 0" })).rejects.toMatchObject(full);
  expect(await store.count()).toBe(10);
  await store.flush();
  expect((await store.stats()).queue).toMatchObject({
    consistency: "eventual",
    maxBacklog: 10,
    background: false,
    draining: false,
    indexed: 0,
    retried: 10,
    lastFailure: { message: "connection refused" },
  });
  parts.vectors.beforeUpsert = () => undefined;
  parts.clock.advance(86_400_000);
  expect(await store.flush()).toMatchObject({ indexed: 10, pending: 0 });
  await store.upsert({ id: "11", text: "one more" });
  expect((await store.stats()).queue).not.toHaveProperty("lastFailure");
  await parts.vectors.close();
  expect(await store.queueStats()).toMatchObject({ pending: 1, quarantined: 0, maxBacklog: 10 });
});

test("two stores on one outbox share the bound", async () => {
  const parts = await memoryParts();
  const options = { consistency: "eventual", maxBacklog: 20 } as const;
  const stores = [await parts.open(options), await parts.open(options)];
  parts.vectors.beforeUpsert = down;
  const writes = documents(60).map(({ text }, i) => async () => {
    await stores[i % 2]?.upsert({ text });
  });
  let refused = 0;
  for (const write of writes) await write().catch(() => refused++);
  const { pending } = (await stores[0]!.stats()).outbox;
  expect(pending).toBe(60 - refused);
  expect(pending).toBeGreaterThanOrEqual(20);
  expect(pending).toBeLessThanOrEqual(24);
});

test("a batch above the bound is taken only by an empty backlog; strict has no bound", async () => {
  const parts = await memoryParts();
  const store = await parts.open({ consistency: "eventual", maxBacklog: 5 });
  await store.upsertMany(documents(8));
  await expect(store.upsertMany(documents(1))).rejects.toMatchObject({ code: "E_FULL" });
  await store.flush();
  const strict = await parts.open({ maxBacklog: 1 });
  await strict.upsertMany(documents(9));
  for (const maxBacklog of [0, -1, 1.5, Number.NaN]) {
    await expect(parts.open({ maxBacklog })).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  }
});

test("a backlog drains by itself when the index is back", async () => {
  const parts = await memoryParts();
  const drained = gate();
  let calls = 0;
  parts.vectors.beforeUpsert = () => {
    calls++;
    if (calls < 3) down();
    drained.open();
  };
  const worker = { retryMs: 1, maxRetryMs: 1 };
  const store = await parts.open({ consistency: "eventual", worker });
  await store.upsertMany(documents(3));
  // The test's clock stands still; real time passes for the worker only.
  const ticking = setInterval(() => parts.clock.advance(1_000), 5);
  await drained.opened;
  clearInterval(ticking);
  await store.flush();
  expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 3 });
  await store.close();
});

test("a strict write to an index that hangs fails within its deadline, the document stays", async () => {
  const parts = await memoryParts();
  const { opened, open } = gate();
  parts.vectors.beforeUpsert = () => opened;
  const store = await parts.open({ indexTimeoutMs: 10 });
  const write = store.upsert({ id: "a", text: "apple" });
  await expect(write).rejects.toMatchObject({
    code: "E_INDEX_FAILED",
    documentStayed: true,
    message: expect.stringMatching(/is stored.*vector index memory did not answer within 10 ms/),
  });
  expect(await store.get({ id: "a" })).toMatchObject({ text: "apple" });
  await store.delete({ id: "a" });
  parts.clock.advance(60_000);
  await store.flush();
  // What hung lands now, after the deletion was indexed: it is looked at again.
  parts.vectors.beforeUpsert = () => undefined;
  open();
  const pending = async (): Promise<number> => (await store.stats()).outbox.pending;
  await expect.poll(pending, { timeout: 30_000 }).toBe(1);
  await store.flush();
  expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: 0 });
});
