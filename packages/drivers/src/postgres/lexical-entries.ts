import type { LexicalRecord } from "@palimpsest/core";
import { canonicalJson } from "@palimpsest/core";
import { arrayLiteral } from "./array-literal.ts";
import type { StoreRow } from "./store-state.ts";
import type { Tables } from "./tables.ts";
import { termEntry } from "./term-entry.ts";

/** Changes to lexical entries alone; `write` changes them with their documents. */
export interface EntryStatements {
  readonly upsert: string;
  readonly remove: string;
}

/**
 * An entry is refused when it is older than the present one or than the record: what a late worker
 * brings must not come back to life. A stray's metadata comes with its entries.
 */
export function entryStatements(tables: Tables): EntryStatements {
  const keys = "(SELECT * FROM unnest($1::text[], $2::text[]))";
  return {
    upsert: `INSERT INTO ${tables.documents} AS d (scope, id, state, epoch, counter, timestamp, digest,
        metadata, text, length, terms, frequencies, term_epoch, term_counter)
      SELECT i.scope, i.id, 2, 0, 0, 0, '', i.metadata::jsonb, '', i.length,
        string_to_array(i.terms, ' '), i.frequencies::smallint[], i.epoch, i.counter
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::integer[],
        $7::text[], $8::text[]) AS i (scope, id, epoch, counter, metadata, length, terms, frequencies)
      WHERE i.length IS NOT NULL OR EXISTS (SELECT FROM ${tables.documents} p
        WHERE p.scope = i.scope AND p.id = i.id)
      ON CONFLICT (scope, id) DO UPDATE SET length = excluded.length, terms = excluded.terms,
        frequencies = excluded.frequencies, term_epoch = excluded.term_epoch,
        term_counter = excluded.term_counter,
        metadata = CASE WHEN d.state = 2 THEN excluded.metadata ELSE d.metadata END
      WHERE (excluded.term_epoch, excluded.term_counter) >= (d.epoch, d.counter)
        AND (d.length IS NULL OR (excluded.term_epoch, excluded.term_counter)
          >= (coalesce(d.term_epoch, d.epoch), coalesce(d.term_counter, d.counter)))`,
    remove: `UPDATE ${tables.documents} d SET length = NULL, terms = NULL, frequencies = NULL,
      term_epoch = NULL, term_counter = NULL
      WHERE (d.scope, d.id) IN ${keys} AND d.length IS NOT NULL`,
  };
}

/** Drops strays without any entry left. Parameters as `keyArrays`. */
export function dropStrays(tables: Tables, { indexes }: StoreRow): string {
  const unused = indexes.map(
    ({ table }) => `AND NOT EXISTS (SELECT FROM ${table} v
      WHERE v.scope = d.scope AND v.id = d.id AND v.vector IS NOT NULL)`,
  );
  return `DELETE FROM ${tables.documents} d
    WHERE (d.scope, d.id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
      AND d.state = 2 AND d.length IS NULL ${unused.join(" ")}`;
}

/** A text without content has no entry; its length is then NULL. */
export function lexicalParameters(records: readonly LexicalRecord[]): string[] {
  const entries = records.map(({ scope, text }) =>
    text === "" ? undefined : termEntry(scope, text),
  );
  return [
    arrayLiteral(records.map(({ scope }) => scope)),
    arrayLiteral(records.map(({ id }) => id)),
    arrayLiteral(records.map(({ revision }) => revision.epoch)),
    arrayLiteral(records.map(({ revision }) => revision.counter)),
    arrayLiteral(records.map(({ metadata }) => canonicalJson(metadata))),
    arrayLiteral(entries.map((entry) => entry?.length ?? null)),
    arrayLiteral(entries.map((entry) => entry?.terms ?? null)),
    arrayLiteral(entries.map((entry) => entry?.frequencies ?? null)),
  ];
}
