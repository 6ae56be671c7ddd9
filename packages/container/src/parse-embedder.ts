import { PalimpsestError } from "@palimpsest/core";
import { checkOptions } from "./check-options.ts";
import type { EmbedderConfig } from "./config.ts";
import { type EmbedderDriverName, embedderDrivers } from "./embedder-drivers.ts";
import { didYouMean } from "./nearest.ts";
import { isRecord } from "./record.ts";

const remedies = {
  baseURL: "it or PALIMPSEST_EMBEDDER_URL",
  model: "it or PALIMPSEST_EMBEDDER_MODEL",
};

/** Embedder fields before they are checked against a driver. */
export type EmbedderFields = { readonly driver?: EmbedderDriverName | undefined } & Readonly<
  Record<string, unknown>
>;

/** A name or an object, with a known driver if it names one. @throws `E_CONFIG` */
export function readEmbedder(input: unknown, label: string): EmbedderFields {
  if (typeof input === "string") return { driver: knownEmbedder(input, label) };
  if (!isRecord(input)) {
    throw new PalimpsestError("E_CONFIG", `${label} must be a name or an object`);
  }
  const { driver, ...fields } = input;
  return driver === undefined ? fields : { driver: knownEmbedder(driver, label), ...fields };
}

/**
 * Checks the fields against their driver; fields without a driver wait for the store's record.
 * An API key is dropped where the driver takes none, so that one in the environment hurts nobody.
 */
export function checkEmbedder(fields: EmbedderFields, label: string): EmbedderConfig {
  const { driver, ...options } = fields;
  if (driver === undefined) return options;
  const { schema } = embedderDrivers[driver];
  const { apiKey, ...others } = options;
  const given = apiKey === undefined || !("apiKey" in schema.shape) ? others : options;
  const checked = checkOptions<object>(schema, given, `${label} (driver ${driver})`, remedies);
  // The schema of this very driver was applied; TypeScript cannot follow the name to it.
  return { driver, ...checked } as EmbedderConfig;
}

/** `above` over `below`, field by field, unless they name different drivers; a dimension belongs to its model. */
export function layEmbedder(above: EmbedderFields, below: EmbedderFields): EmbedderFields {
  if (differ(above["driver"], below["driver"])) return above;
  const { dimension, ...others } = below;
  const kept = dimension === undefined || differ(above["model"], below["model"]) ? others : below;
  return { ...kept, ...above };
}

function differ(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function knownEmbedder(name: unknown, label: string): EmbedderDriverName {
  const known = Object.keys(embedderDrivers);
  if (typeof name === "string" && known.includes(name)) return name as EmbedderDriverName;
  const hint = (typeof name === "string" && didYouMean(name, known)) || `; use ${known.join(", ")}`;
  throw new PalimpsestError(
    "E_CONFIG",
    `${label}: unknown embedder ${JSON.stringify(name)}${hint}`,
  );
}
