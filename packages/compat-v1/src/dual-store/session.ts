import type {
  Clock,
  DocumentKey,
  DocumentStore,
  StoredDocument,
  VectorIndex,
} from "@palimpsest/core";
import { SemanticStore } from "@palimpsest/store";
import type { DualStoreSettings } from "./environment.ts";
import type { FamilyKeys, VectorFlags } from "./legacy-row.ts";
import { type SkipRule, SkippingVectors } from "./skipping-vectors.ts";
import type { DualStoreOptions, DualStoreParts } from "./types.ts";
import { V1DocumentStore } from "./v1-document-store.ts";
import { V1VectorIndex } from "./v1-vector-index.ts";
import { VectorOnlyLexical } from "./vector-only-lexical.ts";

/** An opened family: the parts, the store that keeps them in step, and what was decided about it. */
export interface Session {
  readonly keys: FamilyKeys;
  readonly documents: DocumentStore;
  readonly vectors: VectorIndex;
  readonly store: SemanticStore;
  readonly settings: DualStoreSettings;
  readonly options: DualStoreOptions;
  readonly skips: SkipRule;
  readonly warn: (message: string) => void;
  close(): Promise<void>;
}

export interface SessionRequest {
  readonly keys: FamilyKeys;
  readonly parts: DualStoreParts;
  readonly settings: DualStoreSettings;
  readonly options: DualStoreOptions;
  readonly skips: SkipRule;
}

export async function openSession(request: SessionRequest): Promise<Session> {
  const { parts, settings, options, skips } = request;
  const { documents, embedder } = parts;
  const warn =
    options.onWarning ?? ((message: string) => process.emitWarning(message, "PalimpsestWarning"));
  const vectors = new SkippingVectors(parts.vectors, skips);
  const { time } = options;
  const clock: Clock | undefined = time && { now: () => time() };
  const { queue } = settings;
  try {
    const store = await SemanticStore.open({
      documents,
      vectors,
      lexical: parts.lexical ?? new VectorOnlyLexical(vectors),
      embedder,
      consistency: settings.consistency,
      onWarning: warn,
      ...(clock && { clock }),
      worker:
        options.readOnly === true
          ? false
          : { ...(options.queue && { batchSize: queue.batchSize, retryMs: queue.retryDelayMs }) },
    });
    const close = async (): Promise<void> => {
      await store.close();
      await parts.close();
    };
    return { ...request, documents, vectors: parts.vectors, store, warn, close };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

/** v1's record of the vector writes, where the documents keep one. */
export async function flagsOf(
  { documents }: Session,
  keys: readonly DocumentKey[],
): Promise<(VectorFlags | undefined)[]> {
  return documents instanceof V1DocumentStore ? documents.flagsOf(keys) : keys.map(() => undefined);
}

/** Which of these ids have a vector. */
export async function vectorsOf(session: Session, ids: readonly string[]): Promise<Set<string>> {
  if (session.vectors instanceof V1VectorIndex) return session.vectors.has(ids);
  const checks = await Promise.all(ids.map((id) => session.store.checkConsistency(id)));
  return new Set(checks.filter(({ hasVector }) => hasVector).map(({ id }) => id));
}

/** Whether the document should have a vector at all. */
export function isIndexed({ skips }: Session, document: StoredDocument): boolean {
  return document.text !== "" && !skips(document);
}
