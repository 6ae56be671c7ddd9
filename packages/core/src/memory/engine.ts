import { type Clock, systemClock } from "../clock.ts";
import type { StorageEngine } from "../engine.ts";
import { PalimpsestError, throwIfAborted } from "../errors.ts";
import { MemoryDocumentStore } from "./document-store.ts";
import { MemoryLexicalIndex } from "./lexical-index.ts";
import { MemoryVectorIndexes } from "./vector-indexes.ts";

/** Documents, vectors and lexical search in this process. Nothing outlives it. */
export function openMemoryEngine(options: { readonly clock?: Clock } = {}): StorageEngine {
  const documents = new MemoryDocumentStore({ clock: options.clock ?? systemClock });
  const lexical = new MemoryLexicalIndex();
  const locks = new Set<string>();
  const vectors = new MemoryVectorIndexes();
  let closed = false;

  const checkOpen = (): void => {
    if (closed)
      throw new PalimpsestError("E_CLOSED", "the memory engine was closed; open a new one");
  };
  const close = async (): Promise<void> => {
    closed = true;
    await Promise.all([documents.close(), lexical.close(), vectors.close()]);
  };

  return {
    documents,
    lexical,
    openVectors: async (wanted) => {
      checkOpen();
      throwIfAborted(wanted.signal);
      return vectors.open(wanted);
    },
    listVectors: async (call) => {
      checkOpen();
      throwIfAborted(call?.signal);
      return vectors.list();
    },
    dropVectors: async (identity, call) => {
      checkOpen();
      throwIfAborted(call?.signal);
      return vectors.drop(identity);
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
