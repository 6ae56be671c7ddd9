import "reflect-metadata";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Embedder, type StorageEngine, tokens } from "@palimpsest/core";
import { openMemoryEngine } from "@palimpsest/core/memory";
import { semanticStoreToken } from "@palimpsest/store/di";
import { container as root } from "tsyringe";
import { afterAll, describe, expect, it, vi } from "vitest";
import { createContainer } from "./create-container.ts";
import { configToken, storageEngineToken } from "./tokens.ts";

const folder = mkdtempSync(join(tmpdir(), "palimpsest-container-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function newFile(): string {
  return `sqlite:${folder}/${files++}.db`;
}

class ConstantEmbedder implements Embedder {
  readonly modelId: string = "constant";
  readonly dimension: number = 2;
  readonly settings: { readonly driver: string } = { driver: "constant" };

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    return texts.map(() => new Float32Array([1, 0]));
  }
}

function constantEmbedder(container: typeof root): void {
  container.register(tokens.embedder, { useValue: new ConstantEmbedder() });
}

function fixedClock(container: typeof root): void {
  container.register(tokens.clock, { useValue: { now: () => 42 } });
}

/** The engine with every `close` written down instead of done. */
function watched(engine: StorageEngine, closed: string[]): StorageEngine {
  const openVectors = engine.openVectors.bind(engine);
  return Object.assign(engine, {
    close: async () => void closed.push("engine"),
    openVectors: async (options: Parameters<typeof openVectors>[0]) => {
      const vectors = await openVectors(options);
      vi.spyOn(vectors, "close").mockImplementation(async () => void closed.push("vectors"));
      return vectors;
    },
  });
}

/** A class of an application that the container builds. */
class Disposable {
  closed: string[] = [];

  dispose(): void {
    this.closed.push("instance");
  }
}

describe("createContainer", () => {
  it("opens a store that works and registers every part", async () => {
    await using app = await createContainer({ store: "memory:" });
    await app.store.insert({ id: "a", text: "green tea" });
    expect((await app.store.search("tea")).map((hit) => hit.id)).toEqual(["a"]);
    expect(app.resolve(storageEngineToken)).toBe(app.engine);
    expect(app.resolve(tokens.documentStore)).toBe(app.engine.documents);
    expect(app.resolve(tokens.lexicalIndex)).toBe(app.engine.lexical);
    expect(app.resolve(tokens.embedder)).toBe(app.embedder);
    expect(app.resolve(tokens.vectorIndex).name).toBe(app.engine.documents.name);
    expect(app.resolve(semanticStoreToken)).toBe(app.store);
    expect(app.resolve(configToken)).toEqual({
      store: { driver: "memory" },
      consistency: "strict",
    });
  });

  it("reopens a store with the embedder it was built with", async () => {
    const store = newFile();
    const embedder = { driver: "hash", dimension: 64, bigramWeight: 0.25 } as const;
    {
      await using first = await createContainer({ store, embedder });
      await first.store.insert({ id: "a", text: "green tea" });
    }
    await using again = await createContainer({ store });
    expect(again.embedder.settings).toMatchObject(embedder);
    expect(await again.store.search("tea")).toHaveLength(1);
  });

  it("refuses a configured embedder that is not the store's own", async () => {
    const store = newFile();
    await (
      await createContainer({ store, embedder: { driver: "hash", dimension: 64 } })
    )[Symbol.asyncDispose]();
    await expect(
      createContainer({ store, embedder: { driver: "hash", dimension: 128 } }),
    ).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^E_(MODEL|DIMENSION)_MISMATCH$/) }),
    );
  });

  it("asks for the embedder of a store that was built with one of the caller's", async () => {
    const store = newFile();
    await (await createContainer({ store }, { register: constantEmbedder }))[Symbol.asyncDispose]();
    await expect(createContainer({ store })).rejects.toThrow(
      expect.objectContaining({
        code: "E_CONFIG",
        message: expect.stringContaining("tokens.embedder"),
      }),
    );
    await using again = await createContainer({ store }, { register: constantEmbedder });
    expect(again.embedder.modelId).toBe("constant");
  });

  it("sends no API key to a URL that came with the store", async () => {
    const engine = openMemoryEngine();
    await engine.documents.settings.set("embedder", {
      driver: "openai-compatible",
      baseURL: "http://127.0.0.1:9/v1",
      model: "m",
      modelId: "m",
      dimension: 2,
    });
    const register = (container: typeof root): void => {
      container.register(storageEngineToken, { useValue: engine });
    };
    await expect(
      createContainer({ embedder: { apiKey: "hunter2" } }, { register }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: "E_CONFIG",
        message: expect.stringMatching(/^(?!.*hunter2).*PALIMPSEST_EMBEDDER_URL/),
      }),
    );
  });

  it("shows no secret in its configuration", async () => {
    const embedder = {
      driver: "openai-compatible",
      baseURL: "http://127.0.0.1:9/v1",
      model: "m",
      apiKey: "hunter2",
    } as const;
    await using app = await createContainer(
      { store: "memory:", embedder },
      { register: constantEmbedder },
    );
    expect(JSON.stringify([app.config, app.resolve(configToken)])).not.toContain("hunter2");
    expect(app.config.embedder).toMatchObject({ model: "m" });
  });

  it("uses a registered clock", async () => {
    await using app = await createContainer({ store: "memory:" }, { register: fixedClock });
    expect((await app.store.insert({ id: "a", text: "x" })).timestamp).toBe(42);
  });

  it.each([{ store: "sqllite:x" }, { store: "qdrant:http://h" }, { embedder: "nope" }])(
    "refuses %j before it opens anything",
    async (config) => {
      const register = vi.fn<() => void>();
      await expect(createContainer(config, { register })).rejects.toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^E_(CONFIG|UNSUPPORTED)$/) }),
      );
      expect(register).not.toHaveBeenCalled();
    },
  );
});

describe("disposal", () => {
  it("closes store, vectors and engine in that order, once", async () => {
    const closed: string[] = [];
    vi.doMock("@palimpsest/core/memory", () => ({
      openMemoryEngine: () => watched(openMemoryEngine(), closed),
    }));
    const app = await createContainer({ store: "memory:" });
    vi.doUnmock("@palimpsest/core/memory");
    vi.spyOn(app.store, "close").mockImplementation(async () => void closed.push("store"));
    app.container.registerSingleton(Disposable, Disposable);
    app.resolve(Disposable).closed = closed;
    await app[Symbol.asyncDispose]();
    await app[Symbol.asyncDispose]();
    expect(closed).toEqual(["instance", "store", "vectors", "engine"]);
  });

  it("closes the engine when a later part fails to open", async () => {
    const closed: string[] = [];
    vi.doMock("@palimpsest/core/memory", () => ({
      openMemoryEngine: () => watched(openMemoryEngine(), closed),
    }));
    const embedder: Embedder = Object.assign(new ConstantEmbedder(), { dimension: -1 });
    const register = (container: typeof root): void => {
      container.register(tokens.embedder, { useValue: embedder });
    };
    await expect(createContainer({ store: "memory:" }, { register })).rejects.toThrow(/dimension/);
    vi.doUnmock("@palimpsest/core/memory");
    expect(closed).toEqual(["engine"]);
  });

  it("leaves what the caller registered to the caller", async () => {
    const closed: string[] = [];
    const engine = watched(openMemoryEngine(), closed);
    const register = (container: typeof root): void => {
      container.register(storageEngineToken, { useValue: engine });
    };
    await (await createContainer({}, { register }))[Symbol.asyncDispose]();
    expect(closed).toEqual(["vectors"]);
  });
});

describe("scopes and parents", () => {
  it("keeps what a scope registers out of its parent", async () => {
    await using app = await createContainer({ store: "memory:" });
    const scope = app.createScope();
    scope.register("request", { useValue: 1 });
    expect(scope.resolve(semanticStoreToken)).toBe(app.store);
    expect(app.container.isRegistered("request", true)).toBe(false);
  });

  it("takes parts from a container of the caller's, and leaves nothing in it", async () => {
    const mine = root.createChildContainer();
    const embedder = new ConstantEmbedder();
    mine.register(tokens.embedder, { useValue: embedder });
    await using app = await createContainer({ store: "memory:" }, { container: mine });
    expect(app.embedder).toBe(embedder);
    expect(mine.isRegistered(semanticStoreToken, true)).toBe(false);
  });
});
