import type { EmbedderConfig } from "@palimpsest/container";
import { type JsonObject, PalimpsestError } from "@palimpsest/core";
import { agreed, defined, type Environment, type Given, variable } from "./given-values.ts";
import { knownDimensions } from "./open-family.ts";
import type { EmbeddingChoice, SemanticStoreConfig, VectorDriverBlock } from "./store-config.ts";

type EmbeddingDriver = "ollama" | "hash" | "openai-compatible";

/** Which embedder somebody asked for; both absent: nobody did. */
export interface EmbeddingWish {
  readonly driver: EmbeddingDriver | undefined;
  readonly model: Given<string> | undefined;
  readonly dimension: number | undefined;
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
}

const defaultModel = "nomic-embed-text";

type Pick = (
  explicit: Given<string> | undefined,
  fromEnv: Given<string> | undefined,
) => Given<string> | undefined;

/** @throws `E_CONFIG` naming the field or variable */
export function embeddingWish(
  config: SemanticStoreConfig,
  nested: VectorDriverBlock | undefined,
  env: Environment,
  pick: Pick,
): EmbeddingWish {
  const places = placesOf(config, nested);
  const field = <K extends keyof EmbeddingChoice>(key: K): Given<EmbeddingChoice[K]> | undefined =>
    agreed(...places.map(([at, choice]) => [`${at}.${key}`, choice[key]] as const));
  const explicitDriver = agreed<string>(
    ["embeddingDriver", config.embeddingDriver],
    ...places.map(([at, { driver }]) => [`${at}.driver`, driver] as const),
  );
  const driver = pick(explicitDriver, variable(env, "EMBEDDING_DRIVER"));
  const isRemote = driver !== undefined && /^openai/i.test(driver.value);
  const server = isRemote
    ? variable(env, "PALIMPSEST_EMBEDDER_URL")?.value
    : (config.ollamaUrl ?? variable(env, "OLLAMA_URL")?.value);
  return {
    driver: driver && knownDriver(driver),
    model: pick(field("fn") as Given<string> | undefined, variable(env, "EMBEDDING_FUNCTION")),
    dimension: field("dims")?.value,
    url: field("url")?.value ?? server,
    apiKey: field("apiKey")?.value ?? variable(env, "PALIMPSEST_EMBEDDER_API_KEY")?.value,
  };
}

/** The embedder to open, laid over what the store was built with; undefined leaves that alone. */
export function embedderConfig(
  wish: EmbeddingWish,
  recorded: JsonObject | undefined,
  fallback: "ollama" | "hash",
): EmbedderConfig | undefined {
  const nobodyAsked = wish.driver === undefined && wish.model === undefined;
  if (nobodyAsked && recorded !== undefined) return undefined;
  const driver = wish.driver ?? (nobodyAsked ? fallback : "ollama");
  const { dimension, url, apiKey } = wish;
  const known = recorded?.["driver"] === driver ? recorded["model"] : undefined;
  const model = wish.model?.value ?? (typeof known === "string" ? known : undefined);
  if (driver === "hash") return { driver, ...defined({ dimension }) };
  if (driver === "ollama") {
    const baseURL = url && `${url.replace(/\/+$/, "").replace(/\/api$/, "")}/api`;
    return { driver, model: model ?? defaultModel, ...defined({ dimension, baseURL }) };
  }
  if (model === undefined || url === undefined) {
    throw new PalimpsestError(
      "E_CONFIG",
      `the embedding driver ${driver} needs a model (EMBEDDING_FUNCTION) and a server (embeddingFunction.url or PALIMPSEST_EMBEDDER_URL)`,
    );
  }
  return { driver, model, baseURL: url, ...defined({ dimension, apiKey }) };
}

/**
 * What is known of an embedder of Ollama; with its dimension it opens without a server, as in v1.
 * @returns undefined for any other embedder
 */
export function ollamaRequest(
  wish: EmbeddingWish,
  wanted: EmbedderConfig | undefined,
  recorded: JsonObject | undefined,
): { readonly url?: string; readonly model: string; readonly dimension?: number } | undefined {
  const { driver, model, baseURL, dimension }: Readonly<Record<string, unknown>> =
    wanted ?? recorded ?? {};
  if (driver !== "ollama" || typeof model !== "string") return undefined;
  const isRecorded = recorded?.["driver"] === driver && recorded["model"] === model;
  const known = [dimension, isRecorded ? recorded["dimension"] : knownDimensions.get(model)];
  const url = [wish.url, baseURL, isRecorded ? recorded["baseURL"] : undefined];
  return {
    model,
    ...defined({ url: url.find(isText), dimension: known.find(isNumber) }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function placesOf(
  { embeddingFunction, chromadb }: SemanticStoreConfig,
  nested: VectorDriverBlock | undefined,
): readonly (readonly [string, EmbeddingChoice])[] {
  const flat =
    typeof embeddingFunction === "string" ? { fn: embeddingFunction } : embeddingFunction;
  return [
    ["embeddingFunction", flat ?? {}],
    ["chromadb.embeddingFunction", chromadb?.embeddingFunction ?? {}],
    ["vectorDriver.embeddingFunction", nested?.embeddingFunction ?? {}],
  ];
}

function knownDriver({ value, at }: Given<string>): EmbeddingDriver {
  const name = value.toLowerCase();
  if (name === "ollama" || name === "hash" || name === "openai-compatible") return name;
  if (name === "openai") return "openai-compatible";
  throw new PalimpsestError(
    "E_CONFIG",
    `${at}: ${JSON.stringify(value)} is no embedding driver; there are ollama, hash, openai-compatible`,
  );
}
