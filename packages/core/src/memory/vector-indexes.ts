import type { VectorIndexIdentity, VectorIndexOptions } from "../engine.ts";
import { PalimpsestError } from "../errors.ts";
import type { VectorIndexDescription } from "../vector-index.ts";
import { MemoryVectorIndex } from "./vector-index.ts";

interface Opened {
  readonly index: MemoryVectorIndex;
  readonly handles: MemoryVectorIndex[];
}

/** The vector indexes of one engine, told apart by model, dimension and metric. */
export class MemoryVectorIndexes {
  readonly #indexes = new Map<string, Opened>();

  async open(options: VectorIndexOptions): Promise<MemoryVectorIndex> {
    const { dimension, modelId, metric = "cosine" } = options;
    const name = nameOf(options);
    if (!this.#indexes.has(name)) {
      if (this.#indexes.size > 0 && options.beside !== true) refuse(options, await this.list());
      const index = new MemoryVectorIndex({ dimension, modelId, metric });
      this.#indexes.set(name, { index, handles: [] });
    }
    const { index, handles } = this.#indexes.get(name) as Opened;
    const handle = index.handle();
    handles.push(handle);
    return handle;
  }

  list(): Promise<VectorIndexDescription[]> {
    return Promise.all([...this.#indexes.values()].map(({ index }) => index.describe()));
  }

  async drop(identity: VectorIndexIdentity): Promise<boolean> {
    const name = nameOf(identity);
    const opened = this.#indexes.get(name);
    this.#indexes.delete(name);
    if (opened) await closeAll(opened);
    return opened !== undefined;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#indexes.values()].map(closeAll));
  }
}

async function closeAll({ index, handles }: Opened): Promise<void> {
  await Promise.all([index, ...handles].map((each) => each.close()));
}

function nameOf({ dimension, modelId, metric = "cosine" }: VectorIndexIdentity): string {
  return JSON.stringify([modelId, dimension, metric]);
}

function refuse(wanted: VectorIndexIdentity, present: readonly VectorIndexIdentity[]): never {
  const remedy = "open it with the embedder that built it, or with `beside` to build another";
  const built = present.find(({ dimension }) => dimension === wanted.dimension);
  if (built === undefined) {
    throw new PalimpsestError(
      "E_DIMENSION_MISMATCH",
      `the index has ${present[0]?.dimension} dimensions, not ${wanted.dimension}; ${remedy}`,
    );
  }
  const [asked, have] = [wanted, built].map(
    ({ modelId, metric = "cosine" }) => `${JSON.stringify(modelId)} with metric ${metric}`,
  );
  throw new PalimpsestError(
    "E_MODEL_MISMATCH",
    `the index was built by model ${have}, not ${asked}; ${remedy}`,
  );
}
