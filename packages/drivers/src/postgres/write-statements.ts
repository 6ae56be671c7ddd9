import { refusals } from "./postgres-errors.ts";
import type { StoredIndex, StoreRow } from "./store-state.ts";
import type { Tables } from "./tables.ts";

/**
 * Parameters of every write statement: $1 the fence's upper limit, $2 the generation that the caller
 * knows, $3 now, $4 and on the arrays of `itemParameters`.
 */
export interface WriteStatements {
  /** Puts without a revision to match. */
  readonly puts: string;
  /** Any mix of puts and deletes. */
  readonly changes: string;
  /** The same where another engine keeps the vectors: all that is written is queued. */
  readonly putsElsewhere: string;
  readonly changesElsewhere: string;
  /** `putIfNewer`. */
  readonly merge: string;
}

const itemColumns = `scope, id, deleted, absent, if_epoch, if_counter, epoch, counter, timestamp,
  digest, metadata, text, length, terms, frequencies, vector`;

const itemTypes =
  "text text boolean boolean bigint bigint bigint bigint bigint text text text integer text text text".split(
    " ",
  );

const columns = `scope, id, state, epoch, counter, timestamp, digest, metadata, text, length, terms,
  frequencies, term_epoch, term_counter`;

const values = `i.scope, i.id, i.deleted::integer, i.epoch, i.counter, i.timestamp,
  decode(i.digest, 'hex'), i.metadata::jsonb, i.text, i.length, string_to_array(i.terms, ' '),
  i.frequencies::smallint[], NULL::bigint, NULL::bigint`;

/** Taken over from the row that could not be inserted. */
const replacement = `state = excluded.state, epoch = excluded.epoch, timestamp = excluded.timestamp,
  digest = excluded.digest, metadata = excluded.metadata, text = excluded.text,
  length = excluded.length, terms = excluded.terms, frequencies = excluded.frequencies,
  term_epoch = NULL, term_counter = NULL`;

/** xmax is 0 only in a row that was not there before. */
const returned = `RETURNING d.scope, d.id, d.epoch, d.counter, d.xmax = 0 AS fresh,
  d.length IS NOT NULL AS indexed`;

export function writeStatements(tables: Tables, store: StoreRow): WriteStatements {
  const put = putPart(tables);
  const change = changePart(tables);
  const puts = `written AS MATERIALIZED (${put})`;
  const changes = `put AS MATERIALIZED (${put}), change AS MATERIALIZED (${change}),
      written AS (TABLE put UNION ALL TABLE change)`;
  const elsewhere = queuedPart(tables, "");
  return {
    puts: statement(tables, store, puts),
    changes: statement(tables, store, changes),
    putsElsewhere: statement(tables, store, puts, elsewhere),
    changesElsewhere: statement(tables, store, changes, elsewhere),
    merge: statement(tables, store, `written AS MATERIALIZED (${mergePart(tables)})`),
  };
}

/** Document, vector and outbox entry of each item in one statement, which is one transaction. */
function statement(
  tables: Tables,
  store: StoreRow,
  written: string,
  queue: string = outboxParts(tables),
): string {
  const arrays = itemTypes.map((type, i) => `$${i + 4}::${type}[]`).join(", ");
  return `WITH gate AS MATERIALIZED (
      SELECT 1 FROM ${tables.store} WHERE fence <= $1::bigint
        AND generation = $2::bigint FOR SHARE),
    item AS MATERIALIZED (
      SELECT i.* FROM gate, unnest(${arrays}) AS i (${itemColumns})),
    ${written},
    done AS MATERIALIZED (${donePart(store)}),
    ${store.indexes.map((index) => `${vectorPart(index, index === store.active)},`).join("\n")}
    ${queue}
    SELECT w.scope, w.id, w.counter FROM gate LEFT JOIN written w ON TRUE`;
}

function putPart(tables: Tables): string {
  return `INSERT INTO ${tables.documents} AS d (${columns})
    SELECT ${values} FROM item i WHERE NOT i.deleted AND i.if_counter IS NULL
    ON CONFLICT (scope, id) DO UPDATE SET ${replacement}, counter = ${counted(tables, "excluded.epoch")}
    WHERE d.state <> 0 OR (d.scope, d.id) NOT IN (SELECT a.scope, a.id FROM item a WHERE a.absent)
    ${returned}`;
}

function changePart(tables: Tables): string {
  return `UPDATE ${tables.documents} AS d SET state = i.deleted::integer, epoch = i.epoch,
      counter = ${counted(tables, "i.epoch")}, timestamp = i.timestamp,
      digest = decode(i.digest, 'hex'), metadata = i.metadata::jsonb, text = i.text,
      length = i.length, terms = string_to_array(i.terms, ' '),
      frequencies = i.frequencies::smallint[], term_epoch = NULL, term_counter = NULL
    FROM item i WHERE (i.deleted OR i.if_counter IS NOT NULL) AND NOT i.absent
      AND d.scope = i.scope AND d.id = i.id AND d.state = 0
      AND (i.if_counter IS NULL OR (d.epoch = i.if_epoch AND d.counter = i.if_counter))
    RETURNING d.scope, d.id, d.epoch, d.counter, FALSE AS fresh, d.length IS NOT NULL AS indexed`;
}

/** Counts on over tombstones, and fails the transaction when the record's epoch is higher. */
function counted(tables: Tables, epoch: string): string {
  return `CASE WHEN d.epoch > ${epoch}
    THEN ${tables.refuse}('${refusals.fenced}', d.scope, d.id) ELSE d.counter + 1 END`;
}

/** A stray's revision is 0.0, below that of any record. */
function mergePart(tables: Tables): string {
  return `INSERT INTO ${tables.documents} AS d (${columns})
    SELECT ${values} FROM item i
    ON CONFLICT (scope, id) DO UPDATE SET ${replacement},
      counter = CASE WHEN (excluded.epoch, excluded.counter) = (d.epoch, d.counter)
        THEN ${tables.refuse}('${refusals.collision}', d.scope, d.id) ELSE excluded.counter END
    WHERE (excluded.epoch, excluded.counter) > (d.epoch, d.counter)
      OR ((excluded.epoch, excluded.counter) = (d.epoch, d.counter) AND excluded.digest <> d.digest)
    ${returned}`;
}

/** What was written with its vector: the one join there is, for the planner takes each to be small. */
function donePart({ active }: StoreRow): string {
  return active === undefined
    ? "SELECT w.*, FALSE AS has_vector FROM written w"
    : `SELECT w.*, i.vector, i.vector IS NOT NULL AS has_vector
      FROM written w JOIN item i USING (scope, id)`;
}

/**
 * The active index takes the vector, every other one loses what it has of an older revision. A vector
 * that goes is emptied, not deleted: this statement's snapshot may not show the row that another
 * transaction has just inserted, while ON CONFLICT always meets it.
 */
function vectorPart({ no, table, schema }: StoredIndex, isActive: boolean): string {
  const vector = isActive ? `w.vector::${schema}.vector` : `NULL::${schema}.vector`;
  return `vector_${no} AS (
    INSERT INTO ${table} AS v (scope, id, epoch, counter, vector)
    SELECT w.scope, w.id, w.epoch, w.counter, ${vector}
      FROM done w WHERE ${isActive ? "w.has_vector OR" : ""} NOT w.fresh
    ON CONFLICT (scope, id) DO UPDATE SET epoch = excluded.epoch, counter = excluded.counter,
      vector = excluded.vector)`;
}

/** Text without a vector asks for one; everything else leaves no index work. */
function outboxParts(tables: Tables): string {
  return `${queuedPart(tables, "WHERE w.indexed AND NOT w.has_vector")},
    withdrawn AS (
    DELETE FROM ${tables.outbox} AS o USING done w
      WHERE NOT w.fresh AND (w.has_vector OR NOT w.indexed) AND o.scope = w.scope AND o.id = w.id)`;
}

/** A lease stays with its owner, who settles no more than it claimed: `queued_at` is later than before on any clock. */
function queuedPart(tables: Tables, condition: string): string {
  return `queued AS (
    INSERT INTO ${tables.outbox} AS o (scope, id, epoch, counter, queued_at, due_at)
    SELECT w.scope, w.id, w.epoch, w.counter, $3::bigint, $3::bigint
      FROM done w ${condition}
    ON CONFLICT (scope, id) DO UPDATE SET epoch = excluded.epoch, counter = excluded.counter,
      attempts = 0, queued_at = greatest(excluded.queued_at, o.queued_at + 1),
      due_at = excluded.due_at, quarantined = FALSE, error = NULL)`;
}
