import { PalimpsestError } from "@palimpsest/core";
import { z } from "zod";
import { checkOptions } from "./check-options.ts";
import {
  type Consistency,
  type ConfigInput,
  defaultStore,
  type EmbedderConfig,
  type PalimpsestConfig,
  type StoreConfig,
  type VectorsConfig,
} from "./config.ts";
import { checkEmbedder, type EmbedderFields, layEmbedder, readEmbedder } from "./parse-embedder.ts";
import type { Origin } from "./parse-driver.ts";
import { parseStore, parseVectors } from "./parse-store.ts";

/** One place a configuration comes from. */
export interface Source {
  /** Fields as given, not yet checked. */
  readonly input: object;
  /** The whole source in messages. */
  readonly name: string;
  readonly baseDir: string;
  /** Name of a field in messages, e.g. the environment variable it came from. */
  label(field: keyof ConfigInput): string;
}

// Only the names are checked here; each field is parsed with its own label.
const schema = z.strictObject({
  store: z.unknown().exactOptional(),
  vectors: z.unknown().exactOptional(),
  embedder: z.unknown().exactOptional(),
  consistency: z.unknown().exactOptional(),
  allowEmpty: z.unknown().exactOptional(),
});

interface Checked {
  readonly store?: StoreConfig;
  readonly vectors?: VectorsConfig;
  readonly embedder?: EmbedderFields;
  readonly consistency?: Consistency;
  readonly allowEmpty?: boolean;
}

/**
 * Several sources as one configuration, the first one strongest. A store replaces a store whole;
 * embedder fields combine, so that a file can name the model and the environment the key.
 * @throws `E_CONFIG`, `E_UNSUPPORTED`
 */
export function combineSources(sources: readonly Source[], baseDir: string): PalimpsestConfig {
  const checked = sources.map(checkSource);
  const store =
    first(checked, (part) => part.store) ??
    parseStore(defaultStore, { label: "the default store", baseDir });
  const vectors = first(checked, (part) => part.vectors);
  const allowEmpty = first(checked, (part) => part.allowEmpty);
  const consistency = first(checked, (part) => part.consistency) ?? "strict";
  const embedder = combineEmbedder(checked);
  return {
    store,
    ...(vectors && !isStoresOwn(vectors, store) && { vectors }),
    consistency,
    ...(embedder && { embedder }),
    ...(allowEmpty && { allowEmpty }),
  };
}

/** Checks a configuration given in code; neither files nor environment are read. */
export function parseConfig(input: ConfigInput, baseDir: string): PalimpsestConfig {
  return combineSources([explicitSource(input, baseDir)], baseDir);
}

/** A configuration given in code, with the fields' own names. */
export function explicitSource(input: ConfigInput, baseDir: string): Source {
  return { input, name: "the configuration", baseDir, label: (field) => field };
}

function checkSource(source: Source): Checked {
  const given = checkOptions<Partial<Record<keyof ConfigInput, unknown>>>(
    schema,
    source.input,
    source.name,
  );
  const origin = (field: keyof ConfigInput): Origin => ({
    label: source.label(field),
    baseDir: source.baseDir,
  });
  const { store, vectors, embedder, consistency, allowEmpty } = given;
  return {
    ...(store !== undefined && { store: parseStore(store, origin("store")) }),
    ...(vectors !== undefined && { vectors: parseVectors(vectors, origin("vectors")) }),
    ...(embedder !== undefined && { embedder: readEmbedder(embedder, source.label("embedder")) }),
    ...(consistency !== undefined && {
      consistency: parseConsistency(consistency, source.label("consistency")),
    }),
    ...(allowEmpty !== undefined && {
      allowEmpty: parseFlag(allowEmpty, source.label("allowEmpty")),
    }),
  };
}

function parseConsistency(input: unknown, label: string): Consistency {
  if (input === "strict" || input === "eventual") return input;
  throw new PalimpsestError("E_CONFIG", `${label} must be strict or eventual`);
}

function combineEmbedder(sources: readonly Checked[]): EmbedderConfig | undefined {
  const given = sources.flatMap((part) => (part.embedder === undefined ? [] : [part.embedder]));
  if (given.length === 0) return undefined;
  const weakestFirst = given.toReversed();
  return checkEmbedder(
    weakestFirst.reduce((below, above) => layEmbedder(above, below)),
    "embedder",
  );
}

function parseFlag(input: unknown, label: string): boolean {
  if (typeof input === "boolean") return input;
  if (input === "true" || input === "1") return true;
  if (input === "false" || input === "0") return false;
  throw new PalimpsestError("E_CONFIG", `${label} must be true or false`);
}

/** The same engine named twice is opened once: then vectors can commit with their documents. */
function isStoresOwn(vectors: VectorsConfig, store: StoreConfig): boolean {
  if (vectors.driver === "sqlite" && store.driver === "sqlite") return vectors.path === store.path;
  return JSON.stringify(vectors) === JSON.stringify(store);
}

function first<T>(
  parts: readonly Checked[],
  pick: (part: Checked) => T | undefined,
): T | undefined {
  return parts.map(pick).find((value) => value !== undefined);
}
