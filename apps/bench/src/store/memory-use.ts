import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Dataset } from "./dataset.ts";
import { openStore } from "./open-store.ts";

const main = fileURLToPath(new URL("../main.mjs", import.meta.url));

/** Resident bytes of a fresh process that has opened the store and searched it, measured in a child. */
export function residentBytes(path: string, dimension: number): number {
  const flags = ["--expose-gc", main, "resident", path, String(dimension)];
  return Number(execFileSync(process.execPath, flags, { encoding: "utf8" }));
}

/** The child's side of `residentBytes`. */
export async function measureResident(path: string, dimension: number): Promise<number> {
  const { store, close } = await openStore(path, dimension);
  const data = new Dataset({ dimension, seed: 7 });
  for (let i = 0; i < 20; i++) {
    await store.search(data.query(), { vector: data.vector(), k: 10 });
  }
  globalThis.gc?.();
  const { rss } = process.memoryUsage();
  await close();
  return rss;
}
