import type { StoredDocument } from "@palimpsest/core";
import { checkCount } from "./arguments.ts";
import type { VectorFlags } from "./legacy-row.ts";
import { flagsOf, isIndexed, type Session, vectorsOf } from "./session.ts";
import type { ConsistencyCheck, ConsistencyReport, VectorWriteFailure } from "./types.ts";

/** Both sides of one entry, asked for real; an index that is down is a warning and no vector. */
export async function checkEntry(session: Session, id: string): Promise<ConsistencyCheck> {
  const key = { scope: "", id };
  const [[document], [flags]] = await Promise.all([
    session.documents.get([key]),
    flagsOf(session, [key]),
  ]);
  const hasVector = await vectorsOf(session, [id]).then(
    (found) => found.has(id),
    (error: unknown) => {
      session.warn(`the vector of an entry could not be looked up: ${messageOf(error)}`);
      return false;
    },
  );
  return {
    hasDocument: document !== undefined,
    hasVector,
    ...statusOf(flags),
  };
}

/** @throws v1's text for an unknown id */
export async function retryVector(
  session: Session,
  id: string,
  maxRetries: number,
): Promise<boolean> {
  checkCount(maxRetries, "maxRetries", 0);
  const [document] = await session.documents.get([{ scope: "", id }]);
  if (document === undefined) throw new Error(`Document ${id} not found for vector retry`);
  // v1 counted attempts, the store counts further ones.
  return session.store.retryVectorWrite(id, { maxRetries: Math.max(0, maxRetries - 1) });
}

/** The newest `limit` entries against the index; with `flagsOnlyReport` against v1's flags alone. */
export async function reportConsistency(
  session: Session,
  limit: number,
): Promise<ConsistencyReport> {
  checkCount(limit, "limit", 0, 10_000);
  const documents = await session.documents.recent({ limit });
  const keys = documents.map(({ scope, id }) => ({ scope, id }));
  const flags = await flagsOf(session, keys);
  const present =
    session.options.flagsOnlyReport === true
      ? undefined
      : await vectorsOf(
          session,
          documents.map(({ id }) => id),
        );
  const failures: VectorWriteFailure[] = [];
  let consistent = 0;
  let missing = 0;
  for (const [i, document] of documents.entries()) {
    const state = stateOf(session, document, flags[i], present);
    if (state === "consistent") consistent++;
    else if (state === "missing") missing++;
    else failures.push(failureOf(document, flags[i]));
  }
  return {
    totalDocuments: documents.length,
    consistentDocuments: consistent,
    inconsistentDocuments: failures.length,
    missingVectors: missing,
    vectorWriteFailures: failures,
  };
}

function stateOf(
  session: Session,
  document: StoredDocument,
  flags: VectorFlags = {},
  present: ReadonlySet<string> | undefined,
): "consistent" | "missing" | "failed" {
  const success = flags.vectorWriteSuccess;
  if (present === undefined) {
    if (success === true) return "consistent";
    return success === false ? "failed" : "missing";
  }
  if (present.has(document.id) || !isIndexed(session, document)) return "consistent";
  return success === undefined || success === null ? "missing" : "failed";
}

function failureOf({ id, timestamp }: StoredDocument, flags: VectorFlags = {}): VectorWriteFailure {
  const error =
    typeof flags.vectorWriteError === "string" && flags.vectorWriteError !== ""
      ? flags.vectorWriteError
      : "the vector is missing";
  return { id, error, timestamp };
}

function statusOf(flags: VectorFlags = {}): Partial<ConsistencyCheck> {
  const { vectorWriteSuccess, vectorWriteError } = flags;
  return {
    ...(typeof vectorWriteSuccess === "boolean" && { vectorWriteSuccess }),
    ...(typeof vectorWriteError === "string" && { vectorWriteError }),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
