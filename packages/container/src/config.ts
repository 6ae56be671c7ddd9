import type { EmbedderDriverName, EmbedderOptions } from "./embedder-drivers.ts";
import type { StoreDriverName, StoreOptions } from "./store-drivers.ts";
import type { VectorDriverName, VectorsOptions } from "./vector-drivers.ts";

/** A store as an object: the driver and its options. */
export type StoreConfig = {
  readonly [D in StoreDriverName]: { readonly driver: D } & StoreOptions[D];
}[StoreDriverName];

/** An engine for vectors beside the store, as an object. */
export type VectorsConfig = {
  readonly [D in VectorDriverName]: { readonly driver: D } & VectorsOptions[D];
}[VectorDriverName];

type AnyEmbedder = {
  readonly [D in EmbedderDriverName]: { readonly driver: D } & EmbedderOptions[D];
}[EmbedderDriverName];

/** Without a driver these options are laid over the embedder that the store recorded. */
type UnnamedEmbedder = { readonly driver?: undefined } & Partial<
  EmbedderOptions["openai-compatible"]
>;

export type EmbedderConfig = AnyEmbedder | UnnamedEmbedder;

/** `strict` waits for the index on every write, `eventual` leaves it to a worker. */
export type Consistency = "strict" | "eventual";

/** What a caller, a file or the environment may say. Everything may be left out. */
export interface ConfigInput {
  /** An address such as `sqlite:./data/memory.db` or `memory:`, or an object. */
  readonly store?: string | StoreConfig;
  /** An engine for vectors beside the store, such as `chroma:http://localhost:8000`. Left out: the store's own. */
  readonly vectors?: string | VectorsConfig;
  /** `hash`, `openai-compatible`, `ollama`, or an object. Left out: what the store was built with. */
  readonly embedder?: string | EmbedderConfig;
  readonly consistency?: Consistency;
  /** Accept an empty vector engine for a store that has vectors elsewhere, or one of another store. @defaultValue false */
  readonly allowEmpty?: boolean;
}

/** A checked configuration: addresses parsed, paths absolute, defaults filled in. It is a valid `ConfigInput`. */
export interface PalimpsestConfig {
  readonly store: StoreConfig;
  /** Absent: the store's own engine keeps the vectors. */
  readonly vectors?: VectorsConfig;
  readonly embedder?: EmbedderConfig;
  readonly consistency: Consistency;
  readonly allowEmpty?: boolean;
}

/** Where everything lives when nobody says otherwise. */
export const defaultStore = "sqlite:./.palimpsest/memory.db";
