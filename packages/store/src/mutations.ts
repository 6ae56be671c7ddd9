import {
  type CallOptions,
  describeKey,
  type DeleteItem,
  type DocumentChanges,
  type DocumentInput,
  type DocumentKey,
  type Filter,
  matchesFilter,
  PalimpsestError,
  type Revision,
  type StoredDocument,
  type WriteResult,
} from "@palimpsest/core";
import type { DocumentWriter } from "./document-writer.ts";
import { withSignal } from "./inputs.ts";
import { pages } from "./pages.ts";
import type { Parts } from "./parts.ts";

const pageSize = 500;
const rounds = 20;

/** @throws `E_CONFLICT` naming the ids that existed, after the others were stored */
export async function insertAll(
  writer: DocumentWriter,
  inputs: readonly DocumentInput[],
  options: CallOptions = {},
): Promise<StoredDocument[]> {
  const results = await writer.put(inputs, { ifRevision: null }, options);
  const existing = results.flatMap((result) =>
    result.status === "conflict" && result.current ? [describeKey(result.current)] : [],
  );
  if (existing.length === 0) return results.map(stored);
  const others = inputs.length - existing.length;
  throw new PalimpsestError(
    "E_CONFLICT",
    `${nameSome(existing)} already ${existing.length === 1 ? "exists" : "exist"}; use upsert to replace` +
      (others > 0 ? ` (the other ${others} of this call are stored)` : ""),
  );
}

/** Reads, changes and writes under the revision read; without `ifRevision` it starts again when another writer was faster. */
export async function updateOne(
  parts: Parts,
  writer: DocumentWriter,
  key: DocumentKey,
  changes: DocumentChanges,
  options: CallOptions & { ifRevision?: Revision },
): Promise<StoredDocument> {
  for (let round = 0; round < rounds; round++) {
    const result = await updateOnce(parts, writer, key, changes, options);
    if (result.status === "written") return result.stored;
    if (options.ifRevision !== undefined) break;
  }
  throw new PalimpsestError(
    "E_CONFLICT",
    `${describeKey(key)} was changed by another writer; read it again and repeat the update`,
  );
}

async function updateOnce(
  parts: Parts,
  writer: DocumentWriter,
  key: DocumentKey,
  changes: DocumentChanges,
  options: CallOptions & { ifRevision?: Revision },
): Promise<WriteResult> {
  const signal = withSignal(options.signal);
  const [current] = await parts.documents.get([key], signal);
  if (current === undefined) {
    throw new PalimpsestError("E_NOT_FOUND", `${describeKey(key)} does not exist; insert it first`);
  }
  const ifRevision = options.ifRevision ?? current.revision;
  const [result] = await writer.put([merge(current, changes)], { ifRevision }, signal);
  return result ?? { status: "absent" };
}

function merge(current: StoredDocument, changes: DocumentChanges): DocumentInput {
  return {
    scope: current.scope,
    id: current.id,
    text: changes.text ?? current.text,
    metadata: changes.metadata ?? current.metadata,
    timestamp: changes.timestamp ?? current.timestamp,
  };
}

/** Each deletion holds only for the revision that matched; what changed meanwhile is looked at again. */
export async function deleteMatches(
  parts: Parts,
  writer: DocumentWriter,
  options: CallOptions & { readonly scope: string; readonly filter: Filter },
): Promise<number> {
  const { scope, filter } = options;
  const signal = withSignal(options.signal);
  const selection = { scope, filter, limit: pageSize, ...signal };
  let deleted = 0;
  for await (const page of pages((after) => parts.documents.scan({ ...selection, ...after }))) {
    let matches = page.documents;
    while (matches.length > 0) {
      const results = await writer.delete(matches.map(deleteItem), signal);
      deleted += results.filter(({ status }) => status === "written").length;
      matches = results.flatMap((result) => stillMatching(result, filter));
    }
  }
  return deleted;
}

function stillMatching(result: WriteResult, filter: Filter): StoredDocument[] {
  if (result.status !== "conflict" || result.current === undefined) return [];
  const { current } = result;
  return !current.deleted && matchesFilter(filter, current.metadata) ? [current] : [];
}

function deleteItem({ scope, id, revision }: StoredDocument): DeleteItem {
  return { type: "delete", key: { scope, id }, ifRevision: revision };
}

export function stored(result: WriteResult): StoredDocument {
  if (result.status === "written") return result.stored;
  throw new Error(`an unconditional put ended as ${result.status}`);
}

function nameSome(names: readonly string[]): string {
  const some = names.slice(0, 20).join(", ");
  return names.length > 20 ? `${some} and ${names.length - 20} more` : some;
}
