import { randomUUID } from "node:crypto";
import {
  type Document,
  isPalimpsestError,
  PalimpsestError,
  sealDocument,
  type StoredDocument,
} from "@palimpsest/core";
import type { Session } from "./session.ts";

const leaseMs = 10_000;

/**
 * Stores a document, and its vector as the consistency asks. An id that exists is replaced, which
 * is what v1's callers meant by inserting it again.
 * @throws v1's text when a strict vector write fails; the document is then as it was before
 */
export async function writeEntry(session: Session, document: Document): Promise<void> {
  if (session.skips(document)) return writeWithoutVector(session, document);
  const { consistency } = session.settings;
  if (consistency === "eventual" || session.options.strictV1Errors === false) {
    await session.store.upsert(document);
    return;
  }
  const [before] = await session.documents.get([keyOf(document)]);
  try {
    await session.store.upsert(document);
  } catch (error) {
    if (!isPalimpsestError(error, "E_INDEX_FAILED")) throw error;
    await takeBack(session, document, before);
    throw new PalimpsestError(
      "E_INDEX_FAILED",
      `Critical: Vector store write failed for entry ${document.id}: ${rootMessage(error)}`,
      { cause: error },
    );
  }
}

/** Only what this call wrote: a later write of somebody else stays. */
async function takeBack(
  { documents }: Session,
  document: Document,
  before: StoredDocument | undefined,
): Promise<void> {
  const [present] = await documents.get([keyOf(document)]);
  if (present === undefined || present.digest !== sealDocument(document).digest) return;
  const condition = { ifRevision: present.revision };
  await documents.write([
    before === undefined
      ? { type: "delete", key: keyOf(document), ...condition }
      : { type: "put", document: contentOf(before), ...condition },
  ]);
}

/** Stored only: its outbox entry is settled at once, so that no worker embeds it. */
async function writeWithoutVector({ documents }: Session, document: Document): Promise<void> {
  await documents.write([{ type: "put", document }]);
  const owner = randomUUID();
  const keys = [keyOf(document)];
  const entries = await documents.outbox.claim({ owner, limit: 1, leaseMs, keys });
  await documents.outbox.settle(owner, entries);
}

function keyOf({ scope, id }: Document): { readonly scope: string; readonly id: string } {
  return { scope, id };
}

function contentOf({ scope, id, text, metadata, timestamp }: StoredDocument): Document {
  return { scope, id, text, metadata, timestamp };
}

/** v1 showed what the vector store itself said. */
function rootMessage(error: unknown): string {
  let message = "unknown";
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    message = cause.message;
  }
  return message;
}
