import { type Clock, systemClock } from "../clock.ts";
import type { StorageEngine, VectorIndexOptions } from "../engine.ts";
import { PalimpsestError, throwIfAborted } from "../errors.ts";
import { MemoryDocumentStore } from "./document-store.ts";
import { MemoryLexicalIndex } from "./lexical-index.ts";
import { MemoryVectorIndex } from "./vector-index.ts";

/** Documents, vectors and lexical search in this process. Nothing outlives it. */
export function openMemoryEngine(options: { readonly clock?: Clock } = {}): StorageEngine {
  const documents = new MemoryDocumentStore({ clock: options.clock ?? systemClock });
  const lexical = new MemoryLexicalIndex();
  const locks = new Set<string>();
  let vectors: { index: MemoryVectorIndex; options: VectorIndexOptions } | undefined;
  let closed = false;

  const checkOpen = (): void => {
    if (closed)
      throw new PalimpsestError("E_CLOSED", "the memory engine was closed; open a new one");
  };
  const close = async (): Promise<void> => {
    closed = true;
    await Promise.all([documents.close(), lexical.close(), vectors?.index.close()]);
  };

  return {
    documents,
    lexical,
    openVectors: async (wanted) => {
      checkOpen();
      throwIfAborted(wanted.signal);
      if (vectors) checkSame(wanted, vectors.options);
      vectors ??= { index: new MemoryVectorIndex(wanted), options: { ...wanted } };
      return vectors.index;
    },
    lock: async (name) => {
      checkOpen();
      if (locks.has(name)) return undefined;
      locks.add(name);
      return lockHandle(locks, name);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Frees its lock once: disposing again must not free the next holder's. */
function lockHandle(locks: Set<string>, name: string): AsyncDisposable {
  let held = true;
  return {
    [Symbol.asyncDispose]: async () => {
      if (held) locks.delete(name);
      held = false;
    },
  };
}

function checkSame(wanted: VectorIndexOptions, built: VectorIndexOptions): void {
  if (wanted.dimension !== built.dimension) {
    throw new PalimpsestError(
      "E_DIMENSION_MISMATCH",
      `the index has ${built.dimension} dimensions, not ${wanted.dimension}; open it with the embedder that built it`,
    );
  }
  const [asked, have] = [wanted, built].map(
    ({ modelId, metric = "cosine" }) => `${JSON.stringify(modelId)} with metric ${metric}`,
  );
  if (asked !== have) {
    throw new PalimpsestError(
      "E_MODEL_MISMATCH",
      `the index was built by model ${have}, not ${asked}; open it with the embedder that built it`,
    );
  }
}
