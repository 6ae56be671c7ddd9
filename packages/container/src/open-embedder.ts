import {
  type DocumentStore,
  type Embedder,
  type JsonObject,
  PalimpsestError,
} from "@palimpsest/core";
import type { EmbedderConfig } from "./config.ts";
import type { DriverEntry, OpenServices } from "./driver-entry.ts";
import { embedderDrivers } from "./embedder-drivers.ts";
import { checkEmbedder, type EmbedderFields, layEmbedder } from "./parse-embedder.ts";

/**
 * The embedder of a store: what the configuration says, laid over what the store was built with,
 * else `hash`.
 * @throws `E_CONFIG` when the two do not make an embedder
 */
export async function openEmbedder(
  config: EmbedderConfig | undefined,
  documents: DocumentStore,
  services: OpenServices,
): Promise<Embedder> {
  const recorded = await documents.settings.get("embedder");
  const { driver = "hash", ...fields } = chooseEmbedder(config, recorded);
  const { driver: _, ...options } = checkEmbedder({ driver, ...fields }, "embedder");
  // The options were checked against this very driver; TypeScript cannot follow the name to it.
  const entry = embedderDrivers[driver] as DriverEntry<object, Embedder>;
  return entry.open(options, services);
}

function chooseEmbedder(
  config: EmbedderConfig | undefined,
  recorded: JsonObject | undefined,
): EmbedderFields {
  const given: EmbedderFields = config ?? {};
  if (recorded === undefined) return given;
  const known = recordedFields(recorded);
  if (known === undefined) {
    if (given.driver !== undefined) return given;
    throw new PalimpsestError(
      "E_CONFIG",
      `the store was built with the embedder ${JSON.stringify(recorded["driver"])}, which is none of ${Object.keys(embedderDrivers).join(", ")}; register it under tokens.embedder`,
    );
  }
  const chosen = layEmbedder(given, known);
  guardKey(given, chosen);
  return chosen;
}

/** A store file may come from anybody: it must not choose where a key of the user's goes. */
function guardKey(given: EmbedderFields, chosen: EmbedderFields): void {
  if (given["apiKey"] === undefined || given["baseURL"] !== undefined) return;
  if (chosen["baseURL"] === undefined) return;
  throw new PalimpsestError(
    "E_CONFIG",
    `the embedder's URL ${String(chosen["baseURL"])} comes from the store; to send an API key there, set embedder.baseURL or PALIMPSEST_EMBEDDER_URL to it`,
  );
}

/** The recorded fields that are options of its driver; undefined when the driver is not one of ours. */
function recordedFields(recorded: JsonObject): EmbedderFields | undefined {
  const { driver, ...options } = recorded;
  const entry = Object.entries(embedderDrivers).find(([name]) => name === driver);
  if (entry === undefined) return undefined;
  const [name, { schema }] = entry;
  const known = Object.entries(options).filter(([key]) => key in schema.shape && key !== "apiKey");
  return { driver: name as keyof typeof embedderDrivers, ...Object.fromEntries(known) };
}
