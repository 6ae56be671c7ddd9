import {
  type CallOptions,
  type Embedder,
  type JsonObject,
  PalimpsestError,
  type VectorEngine,
  type VectorIndex,
  type VectorIndexIdentity,
} from "@palimpsest/core";
import { embedderSetting, recordOf } from "./active-model.ts";
import type { GivenVectors } from "./given-vectors.ts";
import { withSignal } from "./inputs.ts";
import { indexPartsOf, type Parts } from "./parts.ts";
import { checkFailed, type PassStats, Rebuild } from "./rebuild.ts";
import type { WriteGate } from "./write-gate.ts";

export interface ReembedProgress {
  /** `embedding`: the first pass; `catching-up`: what was written meanwhile; `verifying`: after the switch. */
  readonly phase: "embedding" | "catching-up" | "verifying";
  /** Documents looked at in this phase, of `total`, the number when re-embedding began. */
  readonly done: number;
  readonly total: number;
  /** Texts embedded so far in all phases. */
  readonly embedded: number;
}

export interface ReembedOptions extends CallOptions {
  /** What the store is to be searched by from now on. */
  readonly embedder: Embedder;
  /** Where the vectors are kept; it must be able to keep several indexes (`listVectors`, `dropVectors`). */
  readonly engine: VectorEngine;
  /** Texts per embedding call, and what a stop may cost again. @defaultValue 128 */
  readonly batchSize?: number;
  /** Documents that the model may fail on; they are left to the outbox. @defaultValue 0 */
  readonly maxFailed?: number;
  /** Erases the old index after the switch. @defaultValue false: it stays until `reembed` is called again with this set */
  readonly dropOld?: boolean;
  readonly onProgress?: (progress: ReembedProgress) => void;
}

export interface ReembedReport {
  readonly from: VectorIndexIdentity;
  readonly to: VectorIndexIdentity;
  /** Documents with a text, as of the last pass. */
  readonly documents: number;
  /** Texts given to the new embedder by this call. */
  readonly embedded: number;
  /** Documents that an earlier call had embedded already. */
  readonly skipped: number;
  /** Documents left to the outbox, see `maxFailed`. */
  readonly failed: number;
  /** False when the store used this embedder before the call. */
  readonly switched: boolean;
  /** Whether the old index was erased. */
  readonly dropped: boolean;
}

/** How far the last re-embedding of a store came, under this name in its settings. */
const reembeddingSetting = "reembedding";

const mostPasses = 10;

/** What `reembed` needs of its store. */
export interface ReembedContext {
  readonly parts: Parts;
  readonly gate: WriteGate;
  readonly given: GivenVectors;
}

/**
 * Fills an index of another model beside the one in use, then switches in one step. Documents written
 * meanwhile are caught up before the switch, those of other processes also right after it.
 * @throws `E_CONFLICT` when another process changed the embedder meanwhile
 */
export async function reembed(
  context: ReembedContext,
  options: ReembedOptions,
): Promise<ReembedReport> {
  const { parts } = context;
  const { embedder, engine, batchSize = 128 } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new PalimpsestError("E_INVALID_INPUT", `batchSize must be 1 or more, got ${batchSize}`);
  }
  if (!engine.listVectors || !engine.dropVectors) {
    throw new PalimpsestError(
      "E_UNSUPPORTED",
      `the engine of the vector index ${parts.vectors.name} keeps one index only, so it cannot build another beside it; import the documents into a new store`,
    );
  }
  const { modelId, dimension } = embedder;
  const inUse = parts.embedding.embedder;
  if (inUse.modelId === modelId && inUse.dimension === dimension) return finish(context, options);
  const to = { modelId, dimension };
  const vectors = await engine.openVectors({ ...to, beside: true, ...withSignal(options.signal) });
  return new Reembedding(context, options, vectors).run();
}

class Reembedding {
  readonly #context: ReembedContext;
  readonly #options: ReembedOptions;
  readonly #next: ReturnType<typeof indexPartsOf>;
  readonly #rebuild: Rebuild;
  #total = 0;
  #phase: ReembedProgress["phase"] = "embedding";
  #embedded = 0;
  #skipped = 0;

  constructor(context: ReembedContext, options: ReembedOptions, vectors: VectorIndex) {
    this.#context = context;
    this.#options = options;
    this.#next = indexPartsOf(context.parts, vectors, options.embedder);
    this.#rebuild = new Rebuild(context.parts, {
      vectors,
      embedding: this.#next.embedding,
      batchSize: options.batchSize ?? 128,
      ...withSignal(options.signal),
      onBatch: (looked, embedded) => this.#report(looked, embedded),
    });
  }

  async run(): Promise<ReembedReport> {
    const { parts, gate } = this.#context;
    const before = await parts.vectors.describe();
    const from = { modelId: before.modelId, dimension: before.dimension, metric: before.metric };
    const old = await this.#begin();
    this.#total = await parts.documents.count({ allScopes: true });
    try {
      await this.#fill();
      checkFailed(this.#rebuild, this.#options.maxFailed ?? 0, this.#options.embedder.modelId);
      const failed = this.#rebuild.failed.map(({ key }) => key);
      await gate.alone(() => this.#switch(old));
      const { documents } = await this.#verify(failed.length);
      await parts.documents.outbox.enqueue(failed);
      await markDone(parts);
      const { modelId, dimension } = this.#options.embedder;
      return {
        from,
        to: { modelId, dimension },
        documents,
        embedded: this.#embedded,
        skipped: this.#skipped,
        failed: failed.length,
        switched: true,
        dropped: this.#options.dropOld === true && (await this.#drop(from)),
      };
    } finally {
      gate.unwatch();
    }
  }

  /** @returns the record of the embedder in use */
  async #begin(): Promise<JsonObject> {
    const { settings } = this.#context.parts.documents;
    const old = (await settings.get(embedderSetting)) ?? recordOf(this.#context.parts.embedding);
    await settings.set(embedderSetting, old, { ifAbsent: true });
    await settings.set(reembeddingSetting, this.#mark("building", old));
    return old;
  }

  #mark(state: "building" | "switched", from: JsonObject): JsonObject {
    return { state, from, to: recordOf(this.#next.embedding) };
  }

  /** Pass after pass, until hardly anything was written during one. */
  async #fill(): Promise<void> {
    const { gate } = this.#context;
    for (let pass = 1; pass <= mostPasses; pass++) {
      gate.watch();
      await gate.settled();
      const stats = await this.#pass();
      if (pass === 1) this.#skipped = stats.skipped;
      this.#phase = "catching-up";
      if (stats.embedded <= (this.#options.batchSize ?? 128) / 4) return;
    }
  }

  async #pass(): Promise<PassStats> {
    const stats = await this.#rebuild.pass();
    this.#embedded += stats.embedded;
    return stats;
  }

  /** No write of this store runs meanwhile, so the switch leaves none of them behind. */
  async #switch(old: JsonObject): Promise<void> {
    const { parts, gate, given } = this.#context;
    const { settings } = parts.documents;
    this.#embedded += await this.#rebuild.catchUp(gate.takeWritten());
    const next = recordOf(this.#next.embedding);
    await settings.set(reembeddingSetting, this.#mark("switched", old));
    await settings.set(embedderSetting, next, { ifEquals: old });
    Object.assign(parts, this.#next);
    given.clear();
  }

  /** Other processes may have settled index work for the old model until the switch. */
  async #verify(failedBefore: number): Promise<PassStats> {
    this.#phase = "verifying";
    for (let pass = 1; ; pass++) {
      const stats = await this.#pass();
      if (stats.embedded === 0 || pass === mostPasses || this.#rebuild.failed.length > failedBefore)
        return stats;
    }
  }

  async #drop(from: VectorIndexIdentity): Promise<boolean> {
    return (await this.#options.engine.dropVectors?.(from)) ?? false;
  }

  #report(looked: number, embedded: number): void {
    this.#options.onProgress?.({
      phase: this.#phase,
      done: looked,
      total: Math.max(looked, this.#total),
      embedded: this.#embedded + embedded,
    });
  }
}

/** The store uses the embedder already: what a crash right after the switch left to do, and the old index. */
async function finish(context: ReembedContext, options: ReembedOptions): Promise<ReembedReport> {
  const { parts } = context;
  const { settings } = parts.documents;
  const { modelId, dimension } = options.embedder;
  const mark = await settings.get(reembeddingSetting);
  const isOurs = isOf(mark?.["to"], modelId, dimension);
  let stats: PassStats = { documents: 0, embedded: 0, skipped: 0, removed: 0 };
  if (isOurs && mark?.["state"] === "switched") {
    const { vectors, embedding } = parts;
    const { batchSize = 128, signal } = options;
    const rebuild = new Rebuild(parts, { vectors, embedding, batchSize, ...withSignal(signal) });
    stats = await rebuild.pass();
    await parts.documents.outbox.enqueue(rebuild.failed.map(({ key }) => key));
    await markDone(parts);
  }
  const from = (isOurs && identityOf(mark?.["from"])) || { modelId, dimension };
  const isOther = from.modelId !== modelId || from.dimension !== dimension;
  const drop = options.dropOld === true && isOther;
  return {
    from,
    to: { modelId, dimension },
    documents: stats.documents,
    embedded: stats.embedded,
    skipped: stats.skipped,
    failed: 0,
    switched: false,
    dropped: drop && ((await options.engine.dropVectors?.(from)) ?? false),
  };
}

async function markDone({ documents }: Parts): Promise<void> {
  const mark = await documents.settings.get(reembeddingSetting);
  if (mark) await documents.settings.set(reembeddingSetting, { ...mark, state: "done" });
}

function isOf(value: unknown, modelId: string, dimension: number): boolean {
  const identity = identityOf(value);
  return identity?.modelId === modelId && identity.dimension === dimension;
}

function identityOf(value: unknown): VectorIndexIdentity | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { modelId, dimension } = value as Readonly<Record<string, unknown>>;
  return typeof modelId === "string" && typeof dimension === "number"
    ? { modelId, dimension }
    : undefined;
}

/** Whether the switch to the embedder in use was not followed by its last pass. */
export async function isUnfinished({ documents, embedding }: Parts): Promise<boolean> {
  const mark = await documents.settings.get(reembeddingSetting);
  const { modelId, dimension } = embedding.embedder;
  return mark?.["state"] === "switched" && isOf(mark["to"], modelId, dimension);
}
