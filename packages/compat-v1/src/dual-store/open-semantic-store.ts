import { type EmbedderConfig, embedderDrivers } from "@palimpsest/container";
import { type Embedder, PalimpsestError } from "@palimpsest/core";
import { invalid } from "./arguments.ts";
import { checkStoreConfig } from "./check-store-config.ts";
import { DualStoreManager } from "./dual-store-manager.ts";
import { embedderConfig } from "./embedding-wish.ts";
import { readSettings } from "./environment.ts";
import { openStoreParts } from "./open-store-parts.ts";
import { skipRule } from "./skipping-vectors.ts";
import { blockOf, type StoreChoice, storeChoice } from "./store-choice.ts";
import type { SemanticStoreConfig } from "./store-config.ts";
import { chosenCollection } from "./store-places.ts";
import type { DualStoreOptions } from "./types.ts";

/**
 * MongoDB with Chroma is opened in place, in v1's own shape; any other pair on engines of this
 * version, each family in a place of its own.
 * @throws `E_CONFIG`, `E_UNSUPPORTED`, `E_INVALID_INPUT`, and whatever the engines throw
 */
export async function openSemanticStore<TextKey extends string, TimeKey extends string>(
  name: string,
  textKey: TextKey,
  timeStampKey: TimeKey,
  config: SemanticStoreConfig,
): Promise<DualStoreManager<TextKey, TimeKey>> {
  for (const [what, value] of Object.entries({ name, textKey, timeStampKey })) {
    if (typeof value !== "string" || value === "") throw invalid(`${what} must be a text`);
  }
  checkStoreConfig(config);
  const choice = storeChoice(name, config);
  const warn =
    config.onWarning ?? ((text: string) => process.emitWarning(text, "PalimpsestWarning"));
  warnOfNoEffect(config, warn);
  const options = optionsOf(choice);
  if (choice.primary.value === "mongodb" && choice.vectors.value === "chromadb") {
    return openInPlace(name, textKey, timeStampKey, { choice, options, warn });
  }
  if (config.readOnly === true && choice.primary.value !== "sqlite") {
    throw new PalimpsestError(
      "E_UNSUPPORTED",
      "config.readOnly is for MongoDB with Chroma in place and for sqlite; use an account without the right to write",
    );
  }
  const { time } = config;
  const services = { onWarning: warn, ...(time && { clock: { now: () => time() } }) };
  const { dualWriteEnabled, embeddingFunction } = readSettings(options);
  const supportsImages = options.supportsImages ?? !embeddingFunction.includes("text");
  const skips = skipRule({ dualWriteEnabled, supportsImages });
  const parts = await openStoreParts(choice, services, skips);
  return DualStoreManager.over(choice.family, textKey, timeStampKey, parts, {
    ...options,
    supportsImages,
  });
}

/** v1 read the model from the environment only, so that is where an explicit one goes. */
function optionsOf({ options, embedding, env }: StoreChoice): DualStoreOptions {
  const { model } = embedding;
  return model === undefined
    ? options
    : { ...options, env: { ...env, EMBEDDING_FUNCTION: model.value } };
}

async function openInPlace<TextKey extends string, TimeKey extends string>(
  name: string,
  textKey: TextKey,
  timeStampKey: TimeKey,
  request: {
    readonly choice: StoreChoice;
    readonly options: DualStoreOptions;
    readonly warn: (message: string) => void;
  },
): Promise<DualStoreManager<TextKey, TimeKey>> {
  const { choice, options, warn } = request;
  const { config, family, mongoUri } = choice;
  const collection = chosenCollection(choice);
  if (collection?.fromEnvironment === false && collection.value !== family) {
    throw new PalimpsestError(
      "E_CONFIG",
      `${collection.at}: in place the collection is ${family}, or what its alias names; leave the field out`,
    );
  }
  const databaseName = config.mongodb?.database ?? blockOf(config.primaryDriver)?.database;
  const embedder = await ownEmbedder(choice, warn);
  return DualStoreManager.create(name, textKey, timeStampKey, {
    ...options,
    family,
    mongoUri,
    ...(databaseName !== undefined && { databaseName }),
    ...(embedder && { embedder }),
  });
}

/** v1 knew Ollama only, and left it to the family which of its models; anything else is opened here. */
async function ownEmbedder(
  { embedding }: StoreChoice,
  onWarning: (message: string) => void,
): Promise<Embedder | undefined> {
  if (embedding.driver === undefined || embedding.driver === "ollama") return undefined;
  const config = embedderConfig(embedding, undefined, "ollama") as EmbedderConfig & object;
  const { driver = "hash", ...options } = config;
  const entry = embedderDrivers[driver] as {
    // The wish was turned into this very driver's options; TypeScript cannot follow the name to it.
    open(given: object, services: { onWarning: (message: string) => void }): Promise<Embedder>;
  };
  return entry.open(options, { onWarning });
}

function warnOfNoEffect(config: SemanticStoreConfig, warn: (message: string) => void): void {
  const { enableMetrics, enableTracing, enableCaching } = config;
  const { min, idleTimeoutMillis } = config.postgresql?.pool ?? {};
  const given = {
    enableMetrics: enableMetrics === true,
    enableTracing: enableTracing === true,
    enableCaching: enableCaching === true,
    "postgresql.pool.min": min !== undefined,
    "postgresql.pool.idleTimeoutMillis": idleTimeoutMillis !== undefined,
  };
  const names = Object.entries(given).flatMap(([name, isGiven]) => (isGiven ? [name] : []));
  if (names.length > 0) warn(`these settings have no effect: ${names.join(", ")}`);
}
