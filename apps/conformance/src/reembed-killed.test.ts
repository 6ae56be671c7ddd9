import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openSqlite } from "@palimpsest/drivers/sqlite";
import { HashEmbedder } from "@palimpsest/embedders/hash";
import { SemanticStore } from "@palimpsest/store";
import { afterEach, beforeEach, expect, test } from "vitest";

const documents = 300;
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "palimpsest-reembed-"));
  path = join(folder, "memory.db");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function fill(): Promise<void> {
  await using engine = await openSqlite({ path, durability: "process" });
  const embedder = new HashEmbedder({ dimension: 128 });
  const vectors = await engine.openVectors(embedder);
  await using store = await SemanticStore.open({ ...partsOf(engine), vectors, embedder });
  const texts = Array.from({ length: documents }, (_, i) => ({ id: `d${i}`, text: `note ${i}` }));
  await store.upsertMany(texts);
}

function partsOf({ documents: docs, lexical }: Awaited<ReturnType<typeof openSqlite>>) {
  return { documents: docs, lexical, onWarning: () => undefined };
}

/** Re-embeds in a process of its own, killed after so many texts. @returns the texts it embedded */
async function reembed(killAfter: number): Promise<{ texts: string[]; killed: boolean }> {
  const file = fileURLToPath(new URL("./fixtures/reembed-child.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@palimpsest/source", file, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const texts: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    texts.push(line);
    if (texts.length >= killAfter) child.kill("SIGKILL");
  }
  const [, signal] = (await exit) as [number | null, string | null];
  return { texts, killed: signal === "SIGKILL" };
}

test("killed at any moment it goes on, and pays again for at most the batch under way", async () => {
  await fill();
  const paid: string[] = [];
  let kills = 0;
  for (const killAfter of [40, 90, 5, 120, Number.POSITIVE_INFINITY]) {
    const { texts, killed } = await reembed(killAfter);
    paid.push(...texts);
    if (killed) kills++;
  }
  expect(kills).toBeGreaterThan(0);
  expect(new Set(paid).size).toBe(documents);
  // The child embeds ten texts per call, and reports them before they are written.
  expect(paid.length).toBeLessThanOrEqual(documents + kills * 10);
  await using engine = await openSqlite({ path, durability: "process" });
  const embedder = new HashEmbedder({ dimension: 64 });
  expect(await engine.listVectors()).toHaveLength(2);
  const vectors = await engine.openVectors(embedder);
  await using store = await SemanticStore.open({ ...partsOf(engine), vectors, embedder });
  expect(await store.checkConsistency()).toMatchObject({ healthy: true, vectors: documents });
});
