import {
  type JsonObject,
  parseJsonText,
  type Revision,
  type SealedDocument,
  type StoredDocument,
} from "@palimpsest/core";
import type { Row } from "./connection.ts";
import { state } from "./tables.ts";

/** What `toStored` reads. Text forms, because client libraries differ in how they parse the rest. */
export const documentColumns: string = `d.scope, d.id, d.state, d.epoch, d.counter, d.timestamp,
  encode(d.digest, 'hex') AS digest, d.metadata::text AS metadata, d.text`;

export function toStored(row: Row): StoredDocument {
  return {
    scope: row["scope"] as string,
    id: row["id"] as string,
    text: row["text"] as string,
    metadata: parseJsonText(row["metadata"] as string) as JsonObject,
    timestamp: Number(row["timestamp"]),
    revision: revisionOf(row),
    deleted: row["state"] === state.deleted,
    digest: row["digest"] as string,
  };
}

export function revisionOf(row: Row): Revision {
  return { epoch: Number(row["epoch"]), counter: Number(row["counter"]) };
}

/** What a store reports for a record that it has just written. */
export function reported(sealed: SealedDocument, revision: Revision): StoredDocument {
  const { scope, id, text, metadata, timestamp, deleted, digest } = sealed;
  return { scope, id, text, metadata, timestamp, revision, deleted, digest };
}

/** Keys as the two array parameters that statements take. */
export function keyString(key: { readonly scope: string; readonly id: string }): string {
  return `${key.scope}\0${key.id}`;
}
