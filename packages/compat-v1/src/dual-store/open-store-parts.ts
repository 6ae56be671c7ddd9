import {
  checkBackend,
  loadConfig,
  openEmbedder,
  type PalimpsestConfig,
  storeDrivers,
  vectorDrivers,
} from "@palimpsest/container";
import {
  type DocumentStore,
  type Embedder,
  isPalimpsestError,
  PalimpsestError,
  type StorageEngine,
  type VectorEngine,
  type VectorIndex,
} from "@palimpsest/core";
import { SemanticStore } from "@palimpsest/store";
import { borrowMongo } from "./connections.ts";
import { embedderConfig, ollamaRequest } from "./embedding-wish.ts";
import { readSettings } from "./environment.ts";
import { openOllama } from "./lazy-embedder.ts";
import { defaultDatabaseName } from "./naming.ts";
import { type SkipRule, SkippingVectors } from "./skipping-vectors.ts";
import type { StoreChoice } from "./store-choice.ts";
import { storePlaces } from "./store-places.ts";
import type { DualStoreParts } from "./types.ts";

/** A store's record of the family in it, under this name in its settings. */
const setting = "dual-store-family";

type Services = Parameters<typeof openEmbedder>[2];

/** Opens the engines that the choice names; a failure closes what was opened. */
export async function openStoreParts(
  choice: StoreChoice,
  services: Services,
  skips: SkipRule,
): Promise<DualStoreParts> {
  const config = loadConfig({
    explicit: { ...storePlaces(choice), allowEmpty: choice.allowEmpty },
    env: {},
    ...(choice.config.baseDir !== undefined && { baseDir: choice.config.baseDir }),
  });
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (let part = opened.pop(); part !== undefined; part = opened.pop()) await part.close();
  };
  try {
    const engine = await openEngine(config, services);
    opened.push(engine);
    const { documents, lexical } = engine;
    const isEmpty = await checkFamily(documents, choice);
    const embedder = await embedderOf(choice, documents, services);
    const vectorEngine = config.vectors ? await openVectors(config.vectors, services) : engine;
    if (vectorEngine !== engine) opened.push(vectorEngine);
    const { dimension, modelId } = embedder;
    const vectors = await vectorEngine.openVectors({ dimension, modelId });
    opened.push(vectors);
    await checkBackend({ documents, vectors, config, warn: services.onWarning });
    const parts = { documents, vectors, lexical, embedder };
    if (!isEmpty && (await vectors.describe()).count === 0) await fill(parts, skips, services);
    return { ...parts, close };
  } catch (error) {
    // The first failure is the one to report; closing after it is best effort.
    await close().catch(() => undefined);
    throw error;
  }
}

function openEngine({ store }: PalimpsestConfig, services: Services): Promise<StorageEngine> {
  const { driver, ...options } = store;
  // The options were checked against this very driver; TypeScript cannot follow the name to it.
  const entry = storeDrivers[driver] as {
    open(given: object, s: Services): Promise<StorageEngine>;
  };
  return entry.open(options, services);
}

function openVectors(
  vectors: NonNullable<PalimpsestConfig["vectors"]>,
  services: Services,
): Promise<VectorEngine> {
  const { driver, ...options } = vectors;
  // As above.
  const entry = vectorDrivers[driver] as {
    open(given: object, s: Services): Promise<VectorEngine>;
  };
  return entry.open(options, services);
}

async function embedderOf(
  { config, embedding, options, vectors }: StoreChoice,
  documents: DocumentStore,
  services: Services,
): Promise<Embedder> {
  if (config.embedder !== undefined) return config.embedder;
  const recorded = await documents.settings.get("embedder");
  const fallback = vectors.value === "memory" ? "hash" : "ollama";
  const wanted = embedderConfig(embedding, recorded, fallback);
  const ollama = ollamaRequest(embedding, wanted, recorded);
  if (ollama?.dimension === undefined) return openEmbedder(wanted, documents, services);
  const { ollamaUrl, embeddingTimeoutMs } = readSettings(options);
  const { url = ollamaUrl, model, dimension } = ollama;
  return openOllama({ url, model, dimension, timeoutMs: embeddingTimeoutMs });
}

/**
 * One family in one place; and an environment variable alone never turns to an empty place, where
 * all documents would seem lost.
 * @returns whether there are no documents
 */
async function checkFamily(documents: DocumentStore, choice: StoreChoice): Promise<boolean> {
  const { family, primary, vectors, allowEmpty } = choice;
  const recorded = await documents.settings.get(setting);
  if (recorded !== undefined && recorded["family"] !== family) {
    throw new PalimpsestError(
      "E_CONFIG",
      `this place holds the family ${JSON.stringify(recorded["family"])}, not ${JSON.stringify(family)}; give each family its own file, schema or collection`,
    );
  }
  const page = await documents.scan({ allScopes: true, limit: 1 });
  const isEmpty = page.documents.length === 0;
  if (isEmpty && recorded === undefined && !allowEmpty) {
    const by = [primary, vectors].find(({ fromEnvironment }) => fromEnvironment);
    if (by !== undefined) throw empty(by.at, by.value, family);
    if (primary.value === "mongodb") await checkOlderPlace(choice);
  }
  if (recorded === undefined) await record(documents, family);
  return isEmpty;
}

async function record(documents: DocumentStore, family: string): Promise<void> {
  try {
    await documents.settings.set(setting, { family }, { ifAbsent: true });
  } catch (error) {
    if (!isPalimpsestError(error, "E_READ_ONLY")) throw error;
  }
}

function empty(at: string, driver: string, family: string): PalimpsestError {
  return new PalimpsestError(
    "E_CONFIG",
    `${at} names ${driver}, where ${family} has no documents yet; import them first (palimpsest import dualstore), name the driver in code for a new store, or set allowEmpty (PALIMPSEST_ALLOW_EMPTY=true)`,
  );
}

/** MongoDB holds the older rows elsewhere: a store of the new shape beside them would look like a loss. */
async function checkOlderPlace({ mongoUri, family }: StoreChoice): Promise<void> {
  const { client, release } = await borrowMongo(mongoUri);
  try {
    const rows = client.db(defaultDatabaseName).collection(family);
    if ((await rows.findOne({}, { projection: { _id: 1 } })) === null) return;
  } finally {
    await release();
  }
  throw new PalimpsestError(
    "E_CONFIG",
    `${family} has documents in the older shape; open it in place with vectorDriver "chromadb", import it (palimpsest import dualstore), or set allowEmpty`,
  );
}

/** Vectors that do not outlast a process, or whose loss was allowed, are made from the documents. */
async function fill(
  parts: {
    readonly documents: DocumentStore;
    readonly vectors: VectorIndex;
    readonly lexical: StorageEngine["lexical"];
    readonly embedder: Embedder;
  },
  skips: SkipRule,
  services: Services,
): Promise<void> {
  const vectors = new SkippingVectors(parts.vectors, skips);
  const store = await SemanticStore.open({ ...parts, ...services, vectors, worker: false });
  try {
    await store.repair();
  } finally {
    await store.close();
  }
}
