import { invalid } from "./arguments.ts";
import type { LegacyChromaCollection } from "./chroma-collection.ts";
import { warnDeprecated } from "./deprecation.ts";
import { type DualStoreSettings, readSettings } from "./environment.ts";
import type { LegacyCollection } from "./legacy-row.ts";
import { openCollections } from "./open-collections.ts";
import { openSession, type Session } from "./session.ts";
import { type SkipRule, skipRule } from "./skipping-vectors.ts";
import type { DualStoreOptions, DualStoreParts, QueueStats } from "./types.ts";
import { V1VectorIndex } from "./v1-vector-index.ts";
import type { VectorQueueLike } from "./write-queue.ts";

/** How to get the opened parts, and what was decided about the family. */
export interface Opening {
  readonly settings: DualStoreSettings;
  readonly parts: () => Promise<DualStoreParts>;
  readonly skips: SkipRule;
}

/** What every handle on a family has: v1's public fields, its opening and closing, and its queue. */
export abstract class FamilyHandle<
  TextKey extends string,
  TimeKey extends string,
> implements AsyncDisposable {
  /** The family's full name. */
  readonly name: string;
  /** Undefined over other drivers than v1's. */
  readonly chromaCollection: LegacyChromaCollection;
  /** Undefined over other drivers than v1's. */
  readonly mongoCollection: LegacyCollection;
  readonly textKey: TextKey;
  readonly timeStampKey: TimeKey;
  readonly supportsImages: boolean;
  protected readonly options: DualStoreOptions;
  readonly #opening: Opening;
  #session: Promise<Session> | undefined;
  #opened: Session | undefined;
  #queue: VectorQueueLike | undefined;
  protected pending = 0;
  #closing: Promise<void> | undefined;

  /** v1's positions; `create` and `over` open the collections themselves. */
  constructor(
    name: string,
    chromaCollection: LegacyChromaCollection,
    mongoCollection: LegacyCollection,
    textKey: TextKey,
    timeStampKey: TimeKey,
    supportsImages: boolean = false,
    options: DualStoreOptions = {},
    opening?: Opening,
  ) {
    warnDeprecated(
      "DualStoreManagerDeprecation",
      "DualStoreManager is kept for v1 applications; use SemanticStore of @palimpsest/store",
    );
    this.name = name;
    this.chromaCollection = chromaCollection;
    this.mongoCollection = mongoCollection;
    this.textKey = textKey;
    this.timeStampKey = timeStampKey;
    this.supportsImages = supportsImages;
    this.options = options;
    this.#opening = opening ?? this.#overCollections();
  }

  /** What this manager wrote since its vectors were last waited for, by `flush`. */
  getChromaQueueStats(): QueueStats {
    return (
      this.#queue?.getQueueStats?.() ?? {
        queueLength: this.#opening.settings.consistency === "strict" ? 0 : this.pending,
        processing: false,
        config: { ...this.#opening.settings.queue },
      }
    );
  }

  /** v1's seam for tests: what is set here gets the vector writes. */
  get chromaWriteQueue(): VectorQueueLike {
    return (
      this.#queue ?? {
        add: () => Promise.reject(invalid("use insert; the queue is the store's own outbox")),
        getQueueStats: () => this.getChromaQueueStats(),
        flush: () => this.flush(),
        shutdown: () => this.cleanup(),
      }
    );
  }

  set chromaWriteQueue(queue: VectorQueueLike) {
    this.#queue = queue;
    if (this.#opened?.vectors instanceof V1VectorIndex) this.#opened.vectors.queue = queue;
  }

  /** Waits until the index has what was written, as far as it answers. */
  async flush(): Promise<void> {
    const { pending } = await (await this.ready()).store.flush();
    this.pending = pending;
  }

  /** Releases this family's connections only; what waits for the index is taken up at the next open. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** v1's name of `close`. */
  cleanup(): Promise<void> {
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#queue?.shutdown?.();
    const session = await this.#session?.catch(() => undefined);
    if (session !== undefined) await session.close();
    else await (await this.#opening.parts()).close();
  }

  /** A failed opening is tried again at the next call. */
  protected ready(): Promise<Session> {
    if (this.#closing !== undefined) throw invalid("the store was closed; create it again");
    this.#session ??= this.#open().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  async #open(): Promise<Session> {
    const { settings, skips } = this.#opening;
    const parts = await this.#opening.parts();
    const keys = { textKey: this.textKey, timeKey: this.timeStampKey };
    const session = await openSession({ keys, parts, settings, skips, options: this.options });
    this.#opened = session;
    if (session.vectors instanceof V1VectorIndex) session.vectors.queue = this.#queue;
    return session;
  }

  #overCollections(): Opening {
    const settings = readSettings(this.options);
    const { supportsImages } = this;
    const { dualWriteEnabled } = settings;
    const skips = skipRule({ dualWriteEnabled, supportsImages });
    const request = {
      family: this.name,
      keys: { textKey: this.textKey, timeKey: this.timeStampKey },
      chromaCollection: this.chromaCollection,
      mongoCollection: this.mongoCollection,
      options: this.options,
      skips,
    };
    return { settings, skips, parts: () => openCollections(request) };
  }
}
