// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { startChild } from "./fixtures/child-process.ts";
import { temporaryStore } from "./fixtures/temporary-store.ts";
import type { SqliteEngine } from "./sqlite-engine.ts";

/** Documents, vectors and lexical entries name the same ids, and the file is sound. */
async function expectAgreement(engine: SqliteEngine, path: string): Promise<string[]> {
  const page = { scope: "s", limit: 10_000 };
  const vectors = await engine.openVectors({ dimension: 4, modelId: "m" });
  const documents = (await engine.documents.scan(page)).documents;
  const keys = documents.map(({ scope, id, revision }) => ({ scope, id, revision }));
  expect((await vectors.scan(page)).entries).toEqual(keys);
  expect((await engine.lexical.scan(page)).entries).toEqual(keys);
  expect(await engine.documents.count({ scope: "s" })).toBe(keys.length);
  expect((await vectors.describe()).count).toBe(keys.length);
  const { frequencies } = await engine.lexical.documentFrequency(["of"], { scope: "s" });
  expect(frequencies.get("of")).toBe(keys.length);
  const file = new DatabaseSync(path, { readOnly: true });
  expect(file.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
  file.close();
  return keys.map(({ id }) => id);
}

test("three processes writing at once into a new file lose nothing", async () => {
  const store = await temporaryStore();
  const count = 60;
  const children = ["a", "b", "c"].map((name) =>
    startChild("./writer.ts", [store.path, name, `${count}`]),
  );
  expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0]);
  const ids = await expectAgreement(store.engine, store.path);
  expect(ids).toHaveLength(3 * count + 1);
  const [shared] = await store.engine.documents.get([{ scope: "s", id: "shared" }]);
  expect(shared?.revision.counter).toBe(3 * count);
  await store.dispose();
});

test("after SIGKILL every acknowledged write is there, whole", async () => {
  const store = await temporaryStore();
  for (let round = 0; round < 4; round++) {
    const child = startChild("./writer.ts", [store.path, `r${round}`, "100000"]);
    await expect
      .poll(() => child.lines.length, { timeout: 50_000, interval: 5 })
      .toBeGreaterThan(20);
    await wait(Math.random() * 30);
    child.process.kill("SIGKILL");
    await child.exited;
    const ids = new Set(await expectAgreement(store.engine, store.path));
    expect(child.lines.filter((id) => !ids.has(id))).toEqual([]);
  }
  await store.dispose();
});
