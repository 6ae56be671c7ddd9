import { expect } from "vitest";
import type { Document, DocumentKey, StoredDocument } from "../document.ts";
import type {
  DeleteItem,
  DocumentStore,
  PutItem,
  WriteItem,
  WriteOptions,
} from "../document-store.ts";
import type { PalimpsestErrorCode } from "../errors.ts";
import { sealDocument, sealTombstone } from "../seal.ts";

export function documentOf(id: string, parts: Partial<Document> = {}): Document {
  return { scope: "", id, text: `text of ${id}`, metadata: {}, timestamp: 1_000, ...parts };
}

export function put(id: string, parts: Partial<Document> = {}): PutItem {
  return { type: "put", document: documentOf(id, parts) };
}

export function deletion(id: string, scope: string = ""): DeleteItem {
  return { type: "delete", key: { scope, id } };
}

/** Writes one item that must succeed. */
export async function writeOne(
  store: DocumentStore,
  item: WriteItem,
  options?: WriteOptions,
): Promise<StoredDocument> {
  const [result] = await store.write([item], options);
  if (result?.status === "written") return result.stored;
  throw new Error(`expected the write to succeed, got ${JSON.stringify(result)}`);
}

export async function getOne(
  store: DocumentStore,
  key: DocumentKey,
  includeDeleted: boolean = false,
): Promise<StoredDocument | undefined> {
  const [found] = await store.get([key], { includeDeleted });
  return found;
}

/** A record as another store would hand it over. */
export function recordOf(document: Document, counter: number, epoch: number = 0): StoredDocument {
  const { metadataJson: _, ...sealed } = sealDocument(document);
  return { ...sealed, revision: { epoch, counter } };
}

export function tombstoneOf(key: DocumentKey, counter: number, epoch: number = 0): StoredDocument {
  const { metadataJson: _, ...sealed } = sealTombstone(key, 2_000);
  return { ...sealed, revision: { epoch, counter } };
}

export async function expectRefused(
  promise: Promise<unknown>,
  code: PalimpsestErrorCode,
): Promise<void> {
  await expect(promise).rejects.toMatchObject({ code });
}

export function idsOf(entries: readonly DocumentKey[]): string[] {
  return entries.map((entry) => entry.id);
}

/** Ids whose UTF-8 order differs from their UTF-16 order, with what engines trip over. */
export const unusualIds: readonly string[] = [
  " ",
  "%",
  "'; DROP TABLE documents; --",
  "A",
  "a",
  "a/b",
  "a\tb\nc",
  "b\u0301",
  "é",
  "\ue000",
  "\uffff",
  "😀",
  "😀a",
];
