import "reflect-metadata";
import { writeFileSync } from "node:fs";
import { createContainer, type Palimpsest } from "@palimpsest/container";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TestFolder } from "./fixtures/test-files.ts";
import { checkJsonl, importJsonl, type JsonlReport, type JsonlSource } from "./jsonl-import.ts";

const folder = new TestFolder();
afterAll(() => folder[Symbol.dispose]());

let app: Palimpsest;
beforeEach(async () => {
  app = await createContainer({ store: "memory:" });
});
afterEach(() => app[Symbol.asyncDispose]());

function source(records: readonly object[], scope?: string): JsonlSource {
  const path = folder.at("in.jsonl");
  writeFileSync(path, records.map((record) => JSON.stringify(record)).join("\n"));
  return { path, scope, signal: new AbortController().signal };
}

function importAll(from: JsonlSource): Promise<JsonlReport> {
  return importJsonl(from, app.store, () => {});
}

const many = Array.from({ length: 1200 }, (_, i) => ({ id: `n${i}`, text: `note ${i}` }));

describe("importJsonl", () => {
  it("writes only what differs", async () => {
    expect(await importAll(source(many))).toEqual({
      read: 1200,
      imported: 1200,
      updated: 0,
      unchanged: 0,
      quarantined: 0,
      verified: 1200,
      mismatches: 0,
    });
    const changed = many.with(700, { id: "n700", text: "another text" });
    const write = vi.spyOn(app.store, "upsertMany");
    expect(await importAll(source(changed))).toMatchObject({ updated: 1, unchanged: 1199 });
    expect(write.mock.calls.flatMap(([inputs]) => inputs)).toHaveLength(1);
    expect(await app.store.get({ id: "n700" })).toMatchObject({ text: "another text" });
  });

  it("puts everything into one scope when asked to", async () => {
    await importAll(source([{ id: "a", text: "x", scope: "from" }], "to"));
    expect(await app.store.get({ scope: "to", id: "a" })).toMatchObject({ text: "x" });
    expect(await app.store.count({ scope: "from" })).toBe(0);
  });

  it("counts what does not read back as it was written", async () => {
    const getMany = app.store.getMany.bind(app.store);
    vi.spyOn(app.store, "getMany").mockImplementation(async (keys) => {
      const found = await getMany(keys);
      return found.map((document) => document && Object.assign(document, { text: "bent" }));
    });
    expect(await importAll(source(many.slice(0, 3)))).toMatchObject({ verified: 0, mismatches: 3 });
  });

  it("stops between batches", async () => {
    const stop = new AbortController();
    const from = { ...source(many), signal: stop.signal };
    const done = importJsonl(from, app.store, () => stop.abort());
    await expect(done).rejects.toThrow(expect.objectContaining({ code: "E_ABORTED" }));
    expect(await importAll(source(many))).toMatchObject({ imported: 700, unchanged: 500 });
  });
});

describe("checkJsonl", () => {
  it("counts records and refuses one that comes twice", async () => {
    expect(await checkJsonl(source(many))).toBe(1200);
    const twice = [
      { id: "a", text: "x" },
      { id: "a", text: "y", scope: "s" },
    ];
    expect(await checkJsonl(source(twice))).toBe(2);
    await expect(checkJsonl(source(twice, "s"))).rejects.toThrow(
      expect.objectContaining({
        code: "E_INVALID_INPUT",
        message: expect.stringMatching(/in\.jsonl, line 2: .*"a" .* line 1 already/),
      }),
    );
  });
});
