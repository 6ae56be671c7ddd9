import { hash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { PutItem } from "@palimpsest/core";
import { expect, test } from "vitest";
import { temporaryStore } from "./fixtures/temporary-store.ts";

const count = 400;

/** Starts with unique characters, because an index stores what neighbouring terms share only once. */
function secret(kind: string, i: number): string {
  return hash("sha256", `${kind}${i}`, "hex").slice(0, 20);
}

function item(i: number): PutItem & { vector: Float32Array } {
  const document = {
    scope: `tenant-${i % 5}`,
    id: `id-${i}`,
    text: `${secret("first", i)} is a word among common words ${secret("last", i)}`,
    metadata: { note: secret("metadata", i) },
    timestamp: i,
  };
  const vector = Float32Array.from({ length: 24 }, (_, j) => Math.sin(i * 24 + j));
  return { type: "put", document, vector };
}

/** What is left of an item in the bytes; terms count when most of their characters are there. */
function traces(files: Buffer, i: number): string[] {
  const texts = [
    secret("first", i).slice(4, 18),
    secret("last", i).slice(4, 18),
    secret("metadata", i),
  ];
  const bytes = Buffer.from(item(i).vector.buffer);
  return [
    ...texts.filter((text) => files.includes(text)),
    ...(files.includes(bytes) ? ["vector"] : []),
  ];
}

function bytesOf(path: string): Buffer {
  return Buffer.concat(
    [path, `${path}-wal`].filter((file) => existsSync(file)).map((file) => readFileSync(file)),
  );
}

const erased = Array.from({ length: count / 2 }, (_, i) => i * 2);

test("text, terms, metadata and vectors of deleted and replaced documents leave the files", async () => {
  const store = await temporaryStore();
  await store.engine.openVectors({ dimension: 24, modelId: "m" });
  await store.engine.documents.write(Array.from({ length: count }, (_, i) => item(i)));
  await store.engine.checkpoint();
  expect(traces(bytesOf(store.path), 0)).toHaveLength(4);
  await store.engine.documents.write(
    erased.map((i) =>
      i % 4 === 0
        ? { type: "delete", key: item(i).document }
        : { type: "put", document: { ...item(i).document, text: "new", metadata: {} } },
    ),
  );
  await store.engine.checkpoint();
  const files = bytesOf(store.path);
  expect(erased.flatMap((i) => traces(files, i))).toEqual([]);
  expect(traces(files, 1)).toHaveLength(4);
  await store.dispose();
});

test("deletion empties the log by itself while other connections stay open", async () => {
  const store = await temporaryStore();
  await store.open();
  await store.engine.openVectors({ dimension: 24, modelId: "m" });
  await store.engine.documents.write([item(0)]);
  await store.engine.documents.write([{ type: "delete", key: item(0).document }]);
  await expect.poll(() => traces(bytesOf(store.path), 0), { timeout: 30_000 }).toEqual([]);
  await store.dispose();
});

test("closing empties the log although another connection stays open", async () => {
  const store = await temporaryStore();
  const other = await store.open();
  await store.engine.openVectors({ dimension: 24, modelId: "m" });
  await store.engine.documents.write([item(0)]);
  await store.engine.documents.write([{ type: "delete", key: item(0).document }]);
  await store.engine.close();
  expect(traces(bytesOf(store.path), 0)).toEqual([]);
  expect(await other.documents.count({ allScopes: true })).toBe(0);
  await store.dispose();
});
