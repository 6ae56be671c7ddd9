import type { SQLOutputValue } from "node:sqlite";
import {
  type JsonObject,
  parseJsonText,
  type SealedDocument,
  type StoredDocument,
} from "@palimpsest/core";
import type { Revision } from "@palimpsest/core";
import { state } from "./schema.ts";

export type Row = Record<string, SQLOutputValue>;

/** What `toStored` reads; the scope comes from the caller or as column `scope`. */
export const documentColumns: string =
  "d.no, d.id, d.state, d.epoch, d.counter, d.timestamp, d.digest, d.metadata, d.text";

export function toStored(row: Row, scope: string): StoredDocument {
  return {
    scope,
    id: row["id"] as string,
    text: row["text"] as string,
    metadata: metadataOf(row),
    timestamp: row["timestamp"] as number,
    revision: revisionOf(row),
    deleted: row["state"] === state.deleted,
    digest: Buffer.from(row["digest"] as Uint8Array).toString("hex"),
  };
}

export function metadataOf(row: Row): JsonObject {
  return parseJsonText(row["metadata"] as string) as JsonObject;
}

export function revisionOf(row: Row): Revision {
  return { epoch: row["epoch"] as number, counter: row["counter"] as number };
}

/** What a store reports for a record that it has just written. */
export function reported(sealed: SealedDocument, revision: Revision): StoredDocument {
  const { scope, id, text, metadata, timestamp, deleted, digest } = sealed;
  return { scope, id, text, metadata, timestamp, revision, deleted, digest };
}
