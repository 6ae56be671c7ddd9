import { rm } from "node:fs/promises";
import { storeDrivers } from "@palimpsest/container";
import type { Clock, DocumentStore, LexicalIndex, VectorIndex } from "@palimpsest/core";
import { openMemoryEngine } from "@palimpsest/core/memory";
import { overlay } from "./overlay.ts";
import { textEmbedder } from "./text-embedder.ts";

export interface EngineParts {
  readonly documents: DocumentStore;
  readonly vectors: VectorIndex;
  readonly lexical: LexicalIndex;
}

/** One process's way to the engines. */
export interface Connection extends EngineParts {
  close(): Promise<void>;
}

/** The engines that outlive the processes of a schedule. */
export interface World {
  connect(): Promise<Connection>;
  dispose(): Promise<void>;
}

export const pairNames = ["memory", "sqlite", "sqlite-memory"] as const;
/** `two-files`: documents in one SQLite file, indexes in another; for processes that really die. */
export type PairName = (typeof pairNames)[number] | "two-files";

export interface WorldOptions {
  readonly pair: PairName;
  readonly clock: Clock;
  /** A file that does not exist yet, or one to go on with. */
  readonly path: string;
  /** Memory documents only: a batch may be written in part, as by an engine without transactions. */
  readonly transactions: boolean;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  switch (options.pair) {
    case "memory":
      return memoryWorld(options);
    case "sqlite":
      return {
        connect: () => sqliteParts(options.path, options.clock),
        dispose: () => removeFiles(options.path),
      };
    case "sqlite-memory":
      return sqliteMemoryWorld(options);
    default:
      return twoFilesWorld(options);
  }
}

async function memoryWorld({ clock, transactions }: WorldOptions): Promise<World> {
  const { documents, vectors, lexical } = await memoryParts(clock);
  const capabilities = { ...documents.capabilities, transactions };
  const parts = { documents: overlay(documents, { capabilities }), vectors, lexical };
  return { connect: async () => ({ ...parts, close: nothing }), dispose: nothing };
}

async function sqliteMemoryWorld({ clock, path }: WorldOptions): Promise<World> {
  const { vectors, lexical } = await memoryParts(clock);
  return {
    connect: async () => ({ ...(await sqliteParts(path, clock)), vectors, lexical }),
    dispose: () => removeFiles(path),
  };
}

async function twoFilesWorld({ clock, path }: WorldOptions): Promise<World> {
  const indexPath = `${path}-index.db`;
  return {
    connect: async () => {
      const { documents, close } = await sqliteParts(path, clock);
      const indexes = await sqliteParts(indexPath, clock);
      return {
        documents,
        vectors: indexes.vectors,
        lexical: indexes.lexical,
        close: async () => {
          await indexes.close();
          await close();
        },
      };
    },
    dispose: async () => {
      await removeFiles(indexPath);
      await removeFiles(path);
    },
  };
}

async function memoryParts(clock: Clock): Promise<EngineParts> {
  const engine = openMemoryEngine({ clock });
  const { documents, lexical } = engine;
  return { documents, lexical, vectors: await engine.openVectors(textEmbedder) };
}

async function sqliteParts(path: string, clock: Clock): Promise<Connection> {
  const options = { path, durability: "process" as const };
  const engine = await storeDrivers.sqlite.open(options, { clock, onWarning: () => undefined });
  const { documents, lexical } = engine;
  const vectors = await engine.openVectors(textEmbedder);
  return { documents, lexical, vectors, close: () => engine.close() };
}

async function removeFiles(path: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) await rm(`${path}${suffix}`, { force: true });
}

async function nothing(): Promise<void> {}
