import "reflect-metadata";
import { tokens } from "@palimpsest/core";
import { container as root, inject, injectable } from "tsyringe";
import { expect, test } from "vitest";
import { registerSemanticStore, semanticStoreToken } from "./di.ts";
import { memoryParts } from "./fixtures/memory-parts.ts";
import type { SemanticStore } from "./semantic-store.ts";

@injectable()
class Notes {
  readonly #store: SemanticStore;

  constructor(@inject(semanticStoreToken) store: SemanticStore) {
    this.#store = store;
  }

  add(text: string): Promise<unknown> {
    return this.#store.insert({ text });
  }
}

async function filledContainer() {
  const parts = await memoryParts();
  const container = root.createChildContainer();
  container.register(tokens.documentStore, { useValue: parts.documents });
  container.register(tokens.vectorIndex, { useValue: parts.vectors });
  container.register(tokens.lexicalIndex, { useValue: parts.lexical });
  container.register(tokens.embedder, { useValue: parts.embedder });
  container.register(tokens.clock, { useValue: parts.clock });
  return { ...parts, container };
}

test("one store per container, made of what the container holds", async () => {
  const { container, clock } = await filledContainer();
  registerSemanticStore(container, { worker: false });
  await container.resolve(Notes).add("tea");
  const store = container.resolve(semanticStoreToken);
  expect(store).toBe(container.resolve(semanticStoreToken));
  expect(await store.getMostRecent()).toMatchObject([{ text: "tea", timestamp: clock.now() }]);
});

test("a part registered later replaces the one before, until the store is built", async () => {
  const { container, vectors } = await filledContainer();
  registerSemanticStore(container, { worker: false });
  const { embedder, documents, lexical, vectors: others } = await memoryParts();
  container.register(tokens.embedder, { useValue: embedder });
  container.register(tokens.documentStore, { useValue: documents });
  container.register(tokens.lexicalIndex, { useValue: lexical });
  container.register(tokens.vectorIndex, { useValue: others });
  await container.resolve(semanticStoreToken).insert({ text: "tea" });
  expect((await others.describe()).count).toBe(1);
  expect((await vectors.describe()).count).toBe(0);
});

test("child containers share the store of the container it was registered in", async () => {
  const { container } = await filledContainer();
  registerSemanticStore(container, { worker: false });
  const child = container.createChildContainer();
  expect(child.resolve(semanticStoreToken)).toBe(container.resolve(semanticStoreToken));
});
