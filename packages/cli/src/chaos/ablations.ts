import type {
  DocumentStore,
  Outbox,
  StoredDocument,
  VectorIndex,
  WriteItem,
} from "@palimpsest/core";
import { overlay } from "./overlay.ts";
import { textEmbedder } from "./text-embedder.ts";
import type { EngineParts } from "./worlds.ts";

/** A store with one of its guards taken out, which the schedules must notice. */
export interface Ablation {
  /** Replaces the engines themselves. */
  readonly below?: (engines: EngineParts) => EngineParts;
  /** Replaces what the store sees of engines that break. */
  readonly above?: (parts: EngineParts) => EngineParts;
}

export type AblationName = "vectorFirst" | "noOutbox" | "blindUpsert" | "physicalDeletes";

export const ablations: Readonly<Record<AblationName, Ablation>> = {
  vectorFirst: { above: vectorFirst },
  noOutbox: { above: (parts) => ({ ...parts, documents: withoutOutbox(parts.documents) }) },
  blindUpsert: { below: blindUpsert },
  physicalDeletes: { below: physicalDeletes },
};

/** The index entry is written before its document, under the revision that the document will likely get. */
function vectorFirst(parts: EngineParts): EngineParts {
  const { documents, vectors } = parts;
  const write: DocumentStore["write"] = async (items, options) => {
    for (const item of items) if (item.type === "put") await indexAhead(item, documents, vectors);
    return documents.write(items, options);
  };
  return { ...parts, documents: overlay(documents, { write }) };
}

async function indexAhead(
  { document }: Extract<WriteItem, { type: "put" }>,
  documents: DocumentStore,
  vectors: VectorIndex,
): Promise<void> {
  const { scope, id, text, metadata } = document;
  if (text === "") return;
  const [current] = await documents.get([{ scope, id }], { includeDeleted: true });
  const revision = { epoch: 0, counter: (current?.revision.counter ?? 0) + 1 };
  const [vector] = await textEmbedder.embed([text], { kind: "document" });
  if (vector) await vectors.upsert([{ scope, id, revision, metadata, vector }]);
}

/** Writes leave no work behind: what is not indexed at once is forgotten. */
function withoutOutbox(documents: DocumentStore): DocumentStore {
  const outbox: Outbox = {
    claim: async () => [],
    settle: async () => undefined,
    retryLater: async () => undefined,
    quarantine: async () => undefined,
    quarantined: async () => [],
    enqueue: async () => undefined,
    stats: async () => ({ pending: 0, quarantined: 0, oldest: undefined }),
  };
  return overlay(documents, { outbox });
}

/** The last to arrive wins, whatever its revision. */
function blindUpsert(engines: EngineParts): EngineParts {
  const { documents, vectors, lexical } = engines;
  return {
    documents: overlay(documents, {
      putIfNewer: async (records) => {
        await documents.write(records.map(asWrite));
        return records.map(() => true);
      },
    }),
    vectors: overlay(vectors, {
      upsert: async (records) => {
        await vectors.delete(records);
        await vectors.upsert(records);
      },
    }),
    lexical: overlay(lexical, {
      upsert: async (records) => {
        await lexical.delete(records);
        await lexical.upsert(records);
      },
    }),
  };
}

function asWrite({ scope, id, text, metadata, timestamp, deleted }: StoredDocument): WriteItem {
  return deleted
    ? { type: "delete", key: { scope, id } }
    : { type: "put", document: { scope, id, text, metadata, timestamp } };
}

/** A deletion removes the record and its index entries, and leaves no tombstone. */
function physicalDeletes({ documents, vectors, lexical }: EngineParts): EngineParts {
  const write: DocumentStore["write"] = async (items, options) => {
    const results = await documents.write(items, options);
    const keys = items.flatMap((item) => (item.type === "delete" ? [item.key] : []));
    if (keys.length === 0) return results;
    await vectors.delete(keys);
    await lexical.delete(keys);
    const owner = "physical";
    const entries = await documents.outbox.claim({ owner, keys, limit: keys.length, leaseMs: 1 });
    await documents.outbox.settle(owner, entries);
    await documents.compact({ olderThan: Number.MAX_SAFE_INTEGER });
    return results;
  };
  return { documents: overlay(documents, { write }), vectors, lexical };
}
