import { quoteIdentifier } from "./identifiers.ts";

/** Quoted names, for every statement of this driver. */
export interface Tables {
  /** The schema's bare name. */
  readonly name: string;
  readonly schema: string;
  readonly store: string;
  readonly settings: string;
  readonly documents: string;
  readonly outbox: string;
  /** One row per vector index. */
  readonly indexes: string;
  /** The table of one vector index. */
  readonly vectors: (no: number) => string;
  /** Function that fails the transaction with an SQLSTATE of ours. */
  readonly refuse: string;
}

/** `documents.state`. A stray has no record: only index entries that arrived before or without it. */
export const state: { readonly live: 0; readonly deleted: 1; readonly stray: 2 } = {
  live: 0,
  deleted: 1,
  stray: 2,
};

export function tablesOf(schema: string): Tables {
  const within = (name: string): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  return {
    name: schema,
    schema: quoteIdentifier(schema),
    store: within("store"),
    settings: within("settings"),
    documents: within("documents"),
    outbox: within("outbox"),
    indexes: within("vector_indexes"),
    vectors: (no) => within(`vectors_${no}`),
    refuse: within("refuse"),
  };
}
