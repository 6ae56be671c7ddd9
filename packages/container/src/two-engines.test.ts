import "reflect-metadata";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMemoryEngine } from "@palimpsest/core/memory";
import { afterAll, describe, expect, it } from "vitest";
import type { ConfigInput } from "./config.ts";
import { createContainer, type Palimpsest } from "./create-container.ts";
import { vectorEngineToken } from "./tokens.ts";

const folder = mkdtempSync(join(tmpdir(), "palimpsest-two-engines-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function newFile(): string {
  return `sqlite:${folder}/${files++}.db`;
}

const quiet = { onWarning: () => undefined };

function open(config: ConfigInput): Promise<Palimpsest> {
  return createContainer(config, quiet);
}

async function fill(app: Palimpsest): Promise<void> {
  await app.store.upsertMany([
    { id: "tea", text: "Ana drinks green tea" },
    { id: "sport", text: "Ana climbs on Thursdays" },
  ]);
}

describe("every store that runs in this process with every vector engine that does", () => {
  const places: readonly (() => string)[] = [() => "memory:", newFile];
  const embedders: readonly (ConfigInput["embedder"] & object)[] = [
    { driver: "hash" },
    { driver: "hash", dimension: 64 },
  ];
  const pairs = places.flatMap((store) =>
    places.flatMap((vectors) =>
      embedders.flatMap((embedder) =>
        (["strict", "eventual"] as const).map((consistency) => ({
          store: store(),
          vectors: vectors(),
          embedder,
          consistency,
        })),
      ),
    ),
  );

  it.each(pairs)("$store with $vectors, $embedder, $consistency", async (config) => {
    await using app = await open(config);
    await fill(app);
    await app.store.delete({ id: "sport" });
    await app.store.flush();
    expect((await app.store.search("green tea", { mode: "vector" }))[0]?.id).toBe("tea");
    expect(await app.store.getConsistencyReport({ full: true })).toMatchObject({
      healthy: true,
      documents: 1,
      vectors: 1,
      ratio: 1,
    });
    const { count } = await app.store.stats().then(({ vectors }) => ({ count: vectors }));
    expect(count).toBe(1);
  });
});

it("vectors are in the engine that was named, and closed before the store's", async () => {
  const [store, vectors] = [newFile(), newFile()];
  {
    await using app = await open({ store, vectors });
    await fill(app);
    expect(app.vectorEngine).not.toBe(app.engine);
    const index = await app.vectorEngine.openVectors(app.embedder);
    expect(await index.describe()).toMatchObject({ count: 2 });
  }
  await using app = await open({ store, vectors });
  expect(await app.store.checkConsistency()).toMatchObject({ healthy: true, vectors: 2 });
});

describe("a vector engine that is down", () => {
  // Nothing listens there.
  const vectors = "chroma:http://127.0.0.1:9";

  it("fails the opening, unless it may be down: then the store tells what it knows", async () => {
    const store = newFile();
    await expect(open({ store, vectors })).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
    await using written = await open({ store });
    await fill(written);
    const config = { store, vectors, allowEmpty: true };
    await using app = await createContainer(config, { ...quiet, vectorsMayBeDown: true });
    expect(await app.store.stats()).toMatchObject({
      documents: 2,
      vectors: undefined,
      problems: [{ role: "vectors", name: "chroma", problem: { code: "E_UNAVAILABLE" } }],
    });
    await expect(app.store.search("tea")).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
  });

  it("is not taken for down when it is wrong", async () => {
    const [store, other] = [newFile(), newFile()];
    await using elsewhere = await open({ store: other, embedder: "hash" });
    await fill(elsewhere);
    const config: ConfigInput = { store, vectors: other, embedder: { driver: "hash" } };
    await expect(
      createContainer(config, { ...quiet, vectorsMayBeDown: true }),
    ).rejects.toMatchObject({ code: "E_CONFIG" });
  });
});

it("a registered vector engine is used and left open", async () => {
  await using engine = openMemoryEngine();
  {
    await using app = await createContainer(
      { store: newFile() },
      {
        ...quiet,
        register: (container) => void container.register(vectorEngineToken, { useValue: engine }),
      },
    );
    await fill(app);
  }
  expect(await engine.listVectors?.()).toMatchObject([{ count: 2 }]);
});

async function filled(config: ConfigInput): Promise<void> {
  await using app = await open(config);
  await fill(app);
}

describe("changing where the vectors are", () => {
  it("to an empty engine needs allowEmpty, and repair fills it", async () => {
    const [store, first, second] = [newFile(), newFile(), newFile()];
    await filled({ store, vectors: first });
    await expect(open({ store, vectors: second })).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/keeps its vectors in sqlite:.*is empty.*allowEmpty.*repair/),
    });
    {
      await using app = await open({ store, vectors: second, allowEmpty: true });
      expect(await app.store.repair()).toMatchObject({ queued: 2, healthy: true });
    }
    await using app = await open({ store, vectors: second });
    expect(await app.store.checkConsistency()).toMatchObject({ healthy: true, vectors: 2 });
  });

  it("from the store's own engine, and back to it, is the same", async () => {
    const [store, vectors] = [newFile(), newFile()];
    await filled({ store });
    await expect(open({ store, vectors })).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringContaining("the store's own engine"),
    });
    {
      await using app = await open({ store, vectors, allowEmpty: true });
      await app.store.repair();
    }
    await using app = await open({ store, vectors });
    expect(await app.store.stats()).toMatchObject({ documents: 2, vectors: 2 });
  });

  it("a new store is not given another store's vectors by accident", async () => {
    const vectors = newFile();
    await filled({ store: newFile(), vectors });
    await expect(open({ store: newFile(), vectors })).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/holds 2 vectors, but the store is new.*allowEmpty/),
    });
    await using app = await open({ store: newFile(), vectors, allowEmpty: true });
    expect(await app.store.checkConsistency()).toMatchObject({ healthy: false, orphans: 2 });
  });

  it("an empty store may be pointed anywhere that is empty", async () => {
    const store = newFile();
    await using first = await open({ store, vectors: newFile() });
    expect(await first.store.count()).toBe(0);
    await using second = await open({ store, vectors: newFile() });
    expect(await second.store.count()).toBe(0);
  });
});

describe("re-embedding through the container", () => {
  it("takes an embedder's options, and the store reopens with them", async () => {
    const [store, vectors] = [newFile(), "memory:"];
    await using app = await open({ store, vectors });
    await fill(app);
    const report = await app.reembed({ driver: "hash", dimension: 64 }, { dropOld: true });
    expect(report).toMatchObject({ embedded: 2, switched: true, dropped: true });
    expect(report.to.dimension).toBe(64);
    expect((await app.store.search("green tea", { mode: "vector" }))[0]?.id).toBe("tea");
    expect(await app.vectorEngine.listVectors?.()).toMatchObject([{ dimension: 64, count: 2 }]);
  });

  it("refuses an unknown embedder", async () => {
    await using app = await open({ store: "memory:" });
    await expect(app.reembed("hsh")).rejects.toMatchObject({ code: "E_CONFIG" });
  });
});

it("shows a configuration without the secrets of its vector engine", async () => {
  await using engine = openMemoryEngine();
  const vectors = {
    driver: "chroma",
    url: "http://user:secret@h:8000",
    headers: { "x-chroma-token": "secret" },
  } as const;
  await using app = await createContainer(
    { store: "memory:", vectors },
    {
      ...quiet,
      register: (container) => void container.register(vectorEngineToken, { useValue: engine }),
    },
  );
  expect(JSON.stringify(app.config)).not.toContain("secret");
  expect(JSON.stringify(await app.store.settings.get("vectors"))).toMatch(/chroma:http.*@h:8000/);
  expect(JSON.stringify(await app.store.settings.get("vectors"))).not.toContain("secret");
});
