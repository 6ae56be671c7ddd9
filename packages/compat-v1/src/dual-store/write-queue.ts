import type { ChromaRecordMetadata, LegacyChromaCollection } from "./chroma-collection.ts";
import type { QueueConfig, QueueStats } from "./types.ts";

/**
 * The part of v1's queue that others replace in their tests.
 * @deprecated Pass a `VectorIndex` of `@palimpsest/core` instead.
 */
export interface VectorQueueLike {
  add(id: string, text: string, metadata: ChromaRecordMetadata): Promise<unknown>;
  getQueueStats?(): QueueStats;
  flush?(): Promise<unknown>;
  shutdown?(): Promise<unknown>;
}

export const defaultQueueConfig: QueueConfig = {
  batchSize: 10,
  flushIntervalMs: 1_000,
  maxRetries: 3,
  retryDelayMs: 2_000,
  enabled: true,
};

interface Waiting {
  readonly id: string;
  readonly text: string;
  readonly metadata: ChromaRecordMetadata;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * v1's vector queue by itself. A failing batch is halved until the bad record is alone; closing
 * writes everything that waits. `DualStoreManager` does not use it: its outbox is durable.
 * @deprecated Use `SemanticStore` of `@palimpsest/store`, whose worker batches by itself.
 */
export class ChromaWriteQueue implements VectorQueueLike {
  readonly #collection: LegacyChromaCollection;
  #config: QueueConfig;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #processing = false;
  #closed = false;

  constructor(collection: LegacyChromaCollection, config: Partial<QueueConfig> = {}) {
    this.#collection = collection;
    this.#config = { ...defaultQueueConfig, ...config };
  }

  /** Resolves when the record's batch was accepted. */
  add(id: string, text: string, metadata: ChromaRecordMetadata): Promise<void> {
    if (this.#closed)
      return Promise.reject(new Error("ChromaWriteQueue shutdown - write cancelled"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, text, metadata, resolve, reject });
      if (!this.#config.enabled || this.#waiting.length >= this.#config.batchSize) {
        void this.flush();
      } else {
        this.#timer ??= setTimeout(() => void this.flush(), this.#config.flushIntervalMs).unref();
      }
    });
  }

  /** Writes everything that waits, batch by batch. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running = this.#running.then(() => this.#drain());
    return this.#running;
  }

  forceFlush(): Promise<void> {
    return this.flush();
  }

  updateConfig(config: Partial<QueueConfig>): void {
    this.#config = { ...this.#config, ...config };
  }

  getQueueStats(): QueueStats {
    return {
      queueLength: this.#waiting.length,
      processing: this.#processing,
      config: { ...this.#config },
    };
  }

  /** Writes what waits, then refuses more. */
  async shutdown(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  async #drain(): Promise<void> {
    this.#processing = true;
    try {
      while (this.#waiting.length > 0) {
        await this.#write(this.#waiting.splice(0, Math.max(1, this.#config.batchSize)));
      }
    } finally {
      this.#processing = false;
    }
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const failure = await this.#attempts(batch);
    if (failure === undefined) {
      for (const { resolve } of batch) resolve();
    } else if (batch.length === 1) {
      batch[0]?.reject(failure.error);
    } else {
      const middle = batch.length >> 1;
      await this.#write(batch.slice(0, middle));
      await this.#write(batch.slice(middle));
    }
  }

  async #attempts(batch: readonly Waiting[]): Promise<{ readonly error: unknown } | undefined> {
    const { maxRetries, retryDelayMs } = this.#config;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#send(batch);
        return undefined;
      } catch (error) {
        if (attempt >= maxRetries) return { error };
        await new Promise((resolve) => setTimeout(resolve, retryDelayMs * 2 ** attempt));
      }
    }
  }

  #send(batch: readonly Waiting[]): Promise<unknown> {
    const records = {
      ids: batch.map(({ id }) => id),
      documents: batch.map(({ text }) => text),
      metadatas: batch.map(({ metadata }) => metadata),
    };
    return this.#collection.upsert
      ? this.#collection.upsert(records)
      : this.#collection.add(records);
  }
}
