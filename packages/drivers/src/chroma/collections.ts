import { createHash } from "node:crypto";
import { canonicalJson, PalimpsestError } from "@palimpsest/core";
import type { VectorSettings } from "../shared/vector-settings.ts";
import type { ChromaClientLike, ChromaCollection } from "./chroma-client.ts";
import { isNotFound, isTaken } from "./chroma-errors.ts";
import type { Requests } from "./requests.ts";

/** Version of the layout of ids and metadata that this driver writes. */
const layout = 1;
const pageSize = 1_000;

export interface CollectionsOptions {
  readonly client: ChromaClientLike;
  readonly requests: Requests;
  /** Beginning of the collections' names. */
  readonly name: string;
  readonly efSearch: number;
  readonly onWarning?: ((message: string) => void) | undefined;
}

export interface OpenedCollection {
  readonly collection: ChromaCollection;
  readonly settings: VectorSettings;
}

/** The collections under one name: one for each model, dimension and metric. */
export class Collections {
  readonly #options: CollectionsOptions;

  constructor(options: CollectionsOptions) {
    this.#options = options;
  }

  /** @throws `E_DIMENSION_MISMATCH`, `E_MODEL_MISMATCH` when only others are there and `beside` is false */
  async open(
    settings: VectorSettings,
    beside: boolean,
    signal: AbortSignal | undefined,
  ): Promise<ChromaCollection> {
    const present = await this.#find(settings, signal);
    if (present !== undefined) return present;
    if (!beside) this.#refuseOthers(await this.list(signal), settings);
    return this.#create(settings, signal);
  }

  async list(signal: AbortSignal | undefined): Promise<OpenedCollection[]> {
    const { client, requests, name } = this.#options;
    const found: OpenedCollection[] = [];
    for (let offset = 0; ; offset += pageSize) {
      const page = await requests.send(
        () => client.listCollections({ limit: pageSize, offset }),
        signal,
      );
      for (const collection of page) {
        const settings = settingsOf(collection);
        if (settings === undefined || collection.name !== nameOf(name, settings)) continue;
        found.push({ collection, settings });
      }
      if (page.length < pageSize) return found;
    }
  }

  /** @returns whether it was there */
  async drop(settings: VectorSettings, signal: AbortSignal | undefined): Promise<boolean> {
    const { client, requests, name } = this.#options;
    try {
      await requests.send(() => client.deleteCollection({ name: nameOf(name, settings) }), signal);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #find(
    settings: VectorSettings,
    signal: AbortSignal | undefined,
  ): Promise<ChromaCollection | undefined> {
    const { client, requests, name } = this.#options;
    try {
      const collection = await requests.send(
        () => client.getCollection({ name: nameOf(name, settings) }),
        signal,
      );
      this.#check(collection, settings);
      return collection;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #create(
    settings: VectorSettings,
    signal: AbortSignal | undefined,
  ): Promise<ChromaCollection> {
    const { client, requests, name, efSearch } = this.#options;
    const { dimension, metric, modelId } = settings;
    const create = (): Promise<ChromaCollection | undefined> =>
      client
        .createCollection({
          name: nameOf(name, settings),
          configuration: {
            hnsw: { space: metric, ef_construction: 200, ef_search: efSearch, max_neighbors: 24 },
          },
          metadata: { layout, dimension, metric, modelId },
          embeddingFunction: null,
        })
        .catch((error: unknown) => (isTaken(error) ? undefined : Promise.reject(error)));
    const created = (await requests.send(create, signal)) ?? (await this.#find(settings, signal));
    if (created !== undefined) return created;
    throw new PalimpsestError(
      "E_LOCKED",
      `the collection ${nameOf(name, settings)} of ${requests.label} is being dropped by another process; open it again`,
    );
  }

  /** Its name is a digest of its settings, so any difference means that somebody else wrote it. */
  #check(collection: ChromaCollection, settings: VectorSettings): void {
    const { requests, efSearch, onWarning } = this.#options;
    const hnsw = collection.configuration.hnsw;
    const space = hnsw?.space ?? settings.metric;
    const stored = settingsOf(collection);
    if (stored === undefined || !isSame(stored, settings) || space !== settings.metric) {
      throw new PalimpsestError(
        "E_CORRUPT",
        `the collection ${collection.name} of ${requests.label} is not what its name says; drop it and rebuild the index, or choose another \`name\``,
      );
    }
    if (hnsw?.ef_search != null && hnsw.ef_search < efSearch) {
      onWarning?.(
        `the collection ${collection.name} was made with ef_search ${hnsw.ef_search}, below ${efSearch}: queries may miss near entries; drop it and rebuild the index`,
      );
    }
  }

  #refuseOthers(others: readonly OpenedCollection[], asked: VectorSettings): void {
    const all = others.map(({ settings }) => settings);
    const stored = all.find(({ dimension }) => dimension === asked.dimension) ?? all[0];
    if (stored === undefined) return;
    const where = `${this.#options.name} of ${this.#options.requests.label}`;
    if (stored.dimension !== asked.dimension) {
      throw new PalimpsestError(
        "E_DIMENSION_MISMATCH",
        `${where} holds vectors of ${stored.dimension} dimensions, asked for ${asked.dimension}; use the embedder it was built with or another name`,
      );
    }
    throw new PalimpsestError(
      "E_MODEL_MISMATCH",
      `${where} holds vectors of ${stored.modelId} (${stored.metric}), asked for ${asked.modelId} (${asked.metric}); use the embedder it was built with or another name`,
    );
  }
}

function nameOf(name: string, { dimension, metric, modelId }: VectorSettings): string {
  const text = canonicalJson([modelId, dimension, metric]);
  return `${name}.${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** @returns undefined for a collection of somebody else */
function settingsOf({ metadata }: ChromaCollection): VectorSettings | undefined {
  if (metadata?.["layout"] !== layout) return undefined;
  const { dimension, metric, modelId } = metadata;
  if (typeof dimension !== "number" || typeof modelId !== "string") return undefined;
  if (metric !== "cosine" && metric !== "l2" && metric !== "ip") return undefined;
  return { dimension, metric, modelId };
}

function isSame(a: VectorSettings, b: VectorSettings): boolean {
  return a.dimension === b.dimension && a.metric === b.metric && a.modelId === b.modelId;
}
