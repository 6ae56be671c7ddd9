import { isPalimpsestError } from "@palimpsest/core";
import { expect, test } from "vitest";
import { startChild } from "./fixtures/child-process.ts";
import { temporaryStore } from "./fixtures/temporary-store.ts";

test("one holder at a time, free again after disposal and after close", async () => {
  const store = await temporaryStore();
  const other = await store.open();
  const held = await store.engine.lock("import");
  expect(held).toBeDefined();
  expect(await store.engine.lock("import")).toBeUndefined();
  expect(await other.lock("import")).toBeUndefined();
  expect(await other.lock("worker")).toBeDefined();
  await held?.[Symbol.asyncDispose]();
  await held?.[Symbol.asyncDispose]();
  expect(await other.lock("import")).toBeDefined();
  await other.close();
  expect(await store.engine.lock("import")).toBeDefined();
  await store.dispose();
});

test("the death of the holding process frees the lock", async () => {
  const store = await temporaryStore();
  const child = startChild("./lock-holder.ts", [store.path, "import"]);
  await expect.poll(() => child.lines, { timeout: 50_000 }).toEqual(["held"]);
  expect(await store.engine.lock("import")).toBeUndefined();
  child.process.kill("SIGKILL");
  await child.exited;
  expect(await store.engine.lock("import")).toBeDefined();
  await store.dispose();
});

test.each(["", "a/b", "..", "Import", "x".repeat(65)])("refuses the name %j", async (name) => {
  const store = await temporaryStore();
  await expect(store.engine.lock(name)).rejects.toSatisfy((error) =>
    isPalimpsestError(error, "E_INVALID_INPUT"),
  );
  await store.dispose();
});

test("a lock keeps nobody from writing to the store", async () => {
  const store = await temporaryStore();
  await store.engine.lock("import");
  expect(await (await store.open()).keyValues.increment("n")).toBe(1);
  await store.dispose();
});
