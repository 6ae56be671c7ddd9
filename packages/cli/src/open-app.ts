import { existsSync } from "node:fs";
import { type Palimpsest, createContainer, loadConfig } from "@palimpsest/container";
import type { ConfigInput, PalimpsestConfig } from "@palimpsest/container";
import { isPalimpsestError } from "@palimpsest/core";
import type { Command } from "commander";
import { type Host, note } from "./host.ts";

/** What every command that opens a store takes. */
export interface StoreOptions {
  readonly store?: string;
  readonly vectors?: string;
  readonly embedder?: string;
  readonly config?: string;
  readonly allowEmpty?: boolean;
}

/** `--json` decides who reads stdout. */
export interface OutputOptions {
  readonly json?: boolean;
}

export function withStoreOptions(command: Command, storeFlag: "--store" | "--to"): Command {
  return command
    .option(`${storeFlag} <address>`, "where the store is (default: PALIMPSEST_STORE)")
    .option("--vectors <address>", "engine for vectors beside the store, e.g. chroma:http://…")
    .option("--allow-empty", "accept an empty vector engine; repair fills it")
    .option("--embedder <name>", "text to vectors (default: the store's own)")
    .option("--config <file>", "JSON file with settings (default: PALIMPSEST_CONFIG)")
    .option("--json", "print exactly one JSON value on stdout");
}

/**
 * All but `create`, which makes one, need an existing store. `report` reads, also while the vector
 * engine is down.
 */
export type Access = "read" | "report" | "change" | "reembed" | "create";

/** Opens the configured store; a command that only reads or re-embeds starts no index worker. */
export function openApp(host: Host, options: StoreOptions, access: Access): Promise<Palimpsest> {
  return openConfig(host, configOf(host, options), access);
}

export async function openConfig(
  host: Host,
  config: PalimpsestConfig,
  access: Access,
): Promise<Palimpsest> {
  const { store } = config;
  if (store.driver !== "sqlite" || access === "create") return open(host, config, access);
  const existing: ConfigInput = { ...config, store: { ...store, mustExist: true } };
  try {
    return await open(host, existing, access);
  } catch (error) {
    if (!reads(access) || !isPalimpsestError(error, "E_READ_ONLY")) throw error;
    return open(host, { ...config, store: { ...store, readOnly: true } }, access);
  }
}

function open(host: Host, config: ConfigInput, access: Access): Promise<Palimpsest> {
  return createContainer(config, {
    onWarning: (message) => note(host, `warning: ${message}`),
    ...((reads(access) || access === "reembed") && { worker: false }),
    vectorsMayBeDown: access === "report",
  });
}

function reads(access: Access): boolean {
  return access === "read" || access === "report";
}

export function configOf(host: Host, options: StoreOptions): PalimpsestConfig {
  const { store, vectors, embedder, config, allowEmpty } = options;
  return loadConfig({
    explicit: {
      ...(store !== undefined && { store }),
      ...(vectors !== undefined && { vectors }),
      ...(embedder !== undefined && { embedder }),
      ...(allowEmpty !== undefined && { allowEmpty }),
    },
    env: host.env,
    baseDir: host.cwd,
    ...(config !== undefined && { file: config }),
  });
}

/** Whether opening would make it. Also refuses a wrong address before anything else is read. */
export function isNewStore(host: Host, target: StoreOptions): boolean {
  const { store } = configOf(host, target);
  return store.driver === "sqlite" && !existsSync(store.path);
}

/** The store as a person would write it. */
export function storeName({ store }: PalimpsestConfig): string {
  return store.driver === "sqlite" ? `sqlite:${store.path}` : `${store.driver}:`;
}
