import { canonicalJson, type Metric, type VectorRecord } from "@palimpsest/core";
import { arrayLiteral } from "./array-literal.ts";
import type { CheckedVector } from "../shared/vector-settings.ts";
import type { StoredIndex } from "./store-state.ts";
import type { Tables } from "./tables.ts";
import { distances } from "./vector-query.ts";
import { vectorText } from "./vector-text.ts";

/** pgvector's HNSW index takes no more. */
export const mostIndexedDimensions = 2_000;
/** Up to here a vector, its key and the row's header fit on a page of 8 KiB. */
const mostInlineDimensions = 1_700;

/** Statements that create the table of vectors and its indexes. */
export function vectorTable(index: StoredIndex): string[] {
  const { table, schema, dimension, metric } = index;
  const statements = [
    `CREATE TABLE ${table} (
      scope text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      epoch bigint NOT NULL,
      counter bigint NOT NULL,
      vector ${schema}.vector(${dimension}),
      PRIMARY KEY (scope, id)
    )`,
    `CREATE INDEX ON ${table} (scope) WHERE vector IS NOT NULL`,
  ];
  // Beside the row, each vector of an exact scan would cost a look-up of its own.
  if (dimension <= mostInlineDimensions)
    statements.push(`ALTER TABLE ${table} ALTER COLUMN vector SET STORAGE PLAIN`);
  if (dimension <= mostIndexedDimensions)
    statements.push(
      `CREATE INDEX ON ${table} USING hnsw (vector ${schema}.${distances[metric].operators})`,
    );
  return statements;
}

/**
 * Refused when older than the present entry or than the record: what a late worker brings must not
 * come back to life. The lock keeps the record's writers away until the entry is there.
 */
export function upsertVectors(tables: Tables, { schema, table }: StoredIndex): string {
  return `WITH item AS MATERIALIZED (
      SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
        AS i (scope, id, epoch, counter, metadata, vector)),
    record AS MATERIALIZED (SELECT d.scope, d.id, d.epoch, d.counter, d.state
      FROM item i JOIN ${tables.documents} d USING (scope, id) FOR SHARE OF d),
    stray AS (
      INSERT INTO ${tables.documents} (scope, id, state, epoch, counter, timestamp, digest, metadata, text)
      SELECT i.scope, i.id, 2, 0, 0, 0, '', i.metadata::jsonb, '' FROM item i
        LEFT JOIN record r USING (scope, id) WHERE r.state IS NULL
      ON CONFLICT (scope, id) DO NOTHING),
    renewed AS (
      UPDATE ${tables.documents} d SET metadata = i.metadata::jsonb
      FROM item i JOIN record r USING (scope, id)
      WHERE r.state = 2 AND d.scope = i.scope AND d.id = i.id)
    INSERT INTO ${table} AS v (scope, id, epoch, counter, vector)
    SELECT i.scope, i.id, i.epoch, i.counter, i.vector::${schema}.vector
      FROM item i LEFT JOIN record r USING (scope, id)
      WHERE r.state IS NULL OR (i.epoch, i.counter) >= (r.epoch, r.counter)
    ON CONFLICT (scope, id) DO UPDATE SET epoch = excluded.epoch, counter = excluded.counter,
      vector = excluded.vector
    WHERE (excluded.epoch, excluded.counter) >= (v.epoch, v.counter)`;
}

export function vectorParameters(
  records: readonly (VectorRecord & { readonly checked: CheckedVector })[],
  metric: Metric,
): string[] {
  return [
    arrayLiteral(records.map(({ scope }) => scope)),
    arrayLiteral(records.map(({ id }) => id)),
    arrayLiteral(records.map(({ revision }) => revision.epoch)),
    arrayLiteral(records.map(({ revision }) => revision.counter)),
    arrayLiteral(records.map(({ metadata }) => canonicalJson(metadata))),
    arrayLiteral(records.map(({ checked }) => vectorText(checked, metric))),
  ];
}
