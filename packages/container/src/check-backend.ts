import {
  type DocumentStore,
  isPalimpsestError,
  PalimpsestError,
  redactUrls,
  type VectorIndex,
} from "@palimpsest/core";
import type { PalimpsestConfig, VectorsConfig } from "./config.ts";

/** A store's record of where its vectors are, under this name in its settings. */
const setting = "vectors";
const storesOwn = "the store's own engine";

export interface Backend {
  readonly documents: DocumentStore;
  readonly vectors: VectorIndex;
  readonly config: PalimpsestConfig;
  readonly warn: (message: string) => void;
}

/**
 * Refuses a vector engine that is empty although the store's vectors are elsewhere, and one that is
 * not empty although the store is: a changed setting must not look like a loss, nor `repair` delete
 * another store's vectors.
 * @throws `E_CONFIG` naming `allowEmpty`
 */
export async function checkBackend(backend: Backend): Promise<void> {
  const { documents, config } = backend;
  const engine = config.vectors === undefined ? storesOwn : addressOf(config.vectors);
  const recorded = await documents.settings.get(setting);
  if (recorded?.["engine"] === engine) return;
  const { documents: some } = await documents.scan({ allScopes: true, limit: 1 });
  const isNew = some.length === 0;
  // A store from before there was a record kept its vectors itself.
  const before = String(recorded?.["engine"] ?? storesOwn);
  if (config.allowEmpty !== true && (before !== engine || isNew)) {
    const { count } = await backend.vectors.describe();
    if (!isNew && count === 0) throw emptied(before, engine);
    if (isNew && count > 0) throw foreign(engine, count);
  }
  await record(backend, engine);
}

async function record({ documents, warn }: Backend, engine: string): Promise<void> {
  try {
    await documents.settings.set(setting, { engine });
  } catch (error) {
    if (!isPalimpsestError(error, "E_READ_ONLY")) throw error;
    warn("the store is read-only, so where its vectors are could not be recorded");
  }
}

const allow = "set allowEmpty (PALIMPSEST_ALLOW_EMPTY, --allow-empty)";

function emptied(before: string, engine: string): PalimpsestError {
  return new PalimpsestError(
    "E_CONFIG",
    `vectors: the store keeps its vectors in ${before}, but ${engine} is empty; ` +
      `set vectors back, or ${allow} and run \`repair\`, which fills it from the documents`,
  );
}

function foreign(engine: string, count: number): PalimpsestError {
  return new PalimpsestError(
    "E_CONFIG",
    `vectors: ${engine} holds ${count} vectors, but the store is new and has no documents; ` +
      `check store and vectors, or ${allow}: \`repair\` will then delete those vectors`,
  );
}

/** Names the engine and the place in it, never a secret. */
function addressOf(config: VectorsConfig): string {
  switch (config.driver) {
    case "memory":
      return "memory:";
    case "sqlite":
      return `sqlite:${config.path}`;
    case "postgres":
      return `${redactUrls(config.url)} (schema ${config.schema ?? "palimpsest"})`;
    case "chroma": {
      const { url, name = "palimpsest", tenant, database } = config;
      const place = new URLSearchParams({
        name,
        ...(tenant !== undefined && { tenant }),
        ...(database !== undefined && { database }),
      });
      return redactUrls(`chroma:${url}?${place.toString()}`);
    }
  }
}
