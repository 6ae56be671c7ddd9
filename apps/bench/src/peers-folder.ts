import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Sample } from "./store/dataset.ts";

/** A vector store under test: the same documents in, the same query vectors against it. */
export interface Peer {
  ingest(samples: readonly Sample[]): Promise<void>;
  search(vector: Float32Array, k: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

const folder = fileURLToPath(new URL("../peers/", import.meta.url));
const resolve = createRequire(join(folder, "package.json")).resolve;

/** Their types are not installed with the workspace, so each peer declares the few calls it uses. */
export async function loadPeer<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(resolve(name)).href)) as T;
}

/** Installs the peers by their own lockfile, in no time when they are there; what it prints goes to stderr. */
export function installPeers(): void {
  if (!existsSync(join(folder, "node_modules")))
    console.error("installing the peers to compare with (about 800 MB) …");
  const flags = [
    "install",
    "--frozen-lockfile",
    "--prefer-offline",
    "--reporter=append-only",
    "--loglevel=error",
  ];
  const { status } = spawnSync("pnpm", flags, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0)
    throw new Error("the peers could not be installed; see above, then run the bench again");
}
