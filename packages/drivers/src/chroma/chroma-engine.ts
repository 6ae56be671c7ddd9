import type {
  CallOptions,
  VectorEngine,
  VectorIndex,
  VectorIndexDescription,
  VectorIndexIdentity,
  VectorIndexOptions,
} from "@palimpsest/core";
import { parseVectorOptions } from "../shared/vector-settings.ts";
import type { ChromaClientLike } from "./chroma-client.ts";
import type { Collections } from "./collections.ts";
import type { Requests } from "./requests.ts";
import { ChromaVectorIndex } from "./vector-index.ts";

/** Larger requests are no faster, and fail whole. */
const batchSize = 250;
const requestBytes = 8 * 1024 * 1024;
/** Digits of one number in JSON. */
const numberBytes = 21;

/** The vector indexes under one name on a Chroma server. Closing it closes them all. */
export class ChromaEngine implements VectorEngine {
  readonly #client: ChromaClientLike;
  readonly #requests: Requests;
  readonly #collections: Collections;

  constructor(client: ChromaClientLike, requests: Requests, collections: Collections) {
    this.#client = client;
    this.#requests = requests;
    this.#collections = collections;
  }

  /** A failed attempt leaves nothing behind, so calling again tries again. */
  async openVectors(options: VectorIndexOptions): Promise<VectorIndex> {
    const settings = parseVectorOptions(options);
    const { beside = false, signal } = options;
    const most = await this.#requests.send(() => this.#client.getMaxBatchSize(), signal);
    const collection = await this.#collections.open(settings, beside, signal);
    const byBytes = Math.max(1, Math.floor(requestBytes / (settings.dimension * numberBytes)));
    return new ChromaVectorIndex({
      collection,
      requests: this.#requests,
      settings,
      batchSize: Math.min(batchSize, byBytes, most > 0 ? most : batchSize),
    });
  }

  async listVectors(options: CallOptions = {}): Promise<VectorIndexDescription[]> {
    const opened = await this.#collections.list(options.signal);
    return Promise.all(
      opened.map(async ({ collection, settings: { dimension, metric, modelId } }) => {
        const count = await this.#requests.send(() => collection.count(), options.signal);
        return { dimension, metric, modelId, count };
      }),
    );
  }

  async dropVectors(index: VectorIndexIdentity, options: CallOptions = {}): Promise<boolean> {
    return this.#collections.drop(parseVectorOptions(index), options.signal);
  }

  async close(): Promise<void> {
    this.#requests.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
