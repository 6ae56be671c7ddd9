// oxlint-disable vitest/expect-expect -- livesThrough asserts
import "reflect-metadata";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConfigInput, createContainer, type Palimpsest } from "@palimpsest/container";
import { afterAll, describe, expect, test } from "vitest";

const {
  PALIMPSEST_TEST_POSTGRES_URL: postgres,
  PALIMPSEST_TEST_MONGODB_URL: mongodb,
  PALIMPSEST_TEST_CHROMA_URL: chroma,
} = process.env;

const folder = mkdtempSync(join(tmpdir(), "palimpsest-pairs-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A place of its own on each server, so that a run meets no other's data. */
function places(): Record<string, { readonly store: ConfigInput["store"] & object } | undefined> {
  const name = `pair_${randomUUID().slice(0, 8)}`;
  return {
    sqlite: { store: { driver: "sqlite", path: join(folder, `${name}.db`) } },
    postgres: postgres ? { store: { driver: "postgres", url: postgres, schema: name } } : undefined,
    mongodb: mongodb ? { store: { driver: "mongodb", url: mongodb, collection: name } } : undefined,
  };
}

function open(config: ConfigInput): Promise<Palimpsest> {
  return createContainer(config, { onWarning: () => undefined });
}

const texts = ["green tea", "black coffee", "apple juice", "climbing", "chess"];

/** What every pair must do, from the first write to another embedder. */
async function livesThrough(config: ConfigInput): Promise<void> {
  {
    await using app = await open(config);
    const { store } = app;
    await store.upsertMany(texts.map((text, i) => ({ id: `d${i}`, text: `Ana likes ${text}` })));
    await store.update({ id: "d4" }, { text: "Ana likes go" });
    await store.delete({ id: "d3" });
    await store.flush();
    expect(await store.getConsistencyReport({ full: true })).toMatchObject({
      healthy: true,
      documents: 4,
      vectors: 4,
      ratio: 1,
    });
    expect(await store.checkConsistency("d0")).toMatchObject({ state: "indexed" });
    expect(await store.checkConsistency("d3")).toMatchObject({ state: "absent" });
    const report = await app.reembed({ driver: "hash", dimension: 64 }, { dropOld: true });
    expect(report).toMatchObject({ documents: 4, embedded: 4, switched: true, dropped: true });
    await store.upsert({ id: "d5", text: "Ana likes rowing" });
    expect((await store.search("green tea", { mode: "vector", k: 1 }))[0]?.id).toBe("d0");
  }
  await using app = await open({ ...config, embedder: { driver: "hash", dimension: 64 } });
  // An eventual write may still wait for the worker of this process.
  await app.store.flush();
  expect(await app.store.checkConsistency()).toMatchObject({ healthy: true, vectors: 5 });
  await app.vectorEngine.dropVectors?.(app.embedder);
}

describe.each(["sqlite", "postgres", "mongodb"])("%s with vectors in Chroma", (name) => {
  const place = places()[name];
  const isReachable = place !== undefined && chroma !== undefined;
  test.skipIf(!isReachable).each(["strict", "eventual"] as const)("%s", async (consistency) => {
    const vectors = { driver: "chroma", url: chroma ?? "", name: `pair-${randomUUID()}` } as const;
    await livesThrough({ store: places()[name]!.store, vectors, consistency });
  });
});

test.skipIf(!postgres)("PostgreSQL alone", async () => {
  await livesThrough({ store: places()["postgres"]!.store });
});

test.skipIf(!postgres)("SQLite with vectors in PostgreSQL", async () => {
  const vectors = { driver: "postgres", url: postgres ?? "", schema: `v_${Date.now()}` } as const;
  await livesThrough({ store: places()["sqlite"]!.store, vectors });
});

test.skipIf(!mongodb)("MongoDB without vectors says what to name", async () => {
  await expect(open({ store: places()["mongodb"]!.store })).rejects.toMatchObject({
    code: "E_UNSUPPORTED",
    message: expect.stringContaining("vectors: chroma:http"),
  });
});
