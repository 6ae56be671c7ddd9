import type { Tables } from "./tables.ts";

/** Format of the tables; `migrations` has one list of statements per step to the next. */
export const schemaVersion = 1;

/**
 * `store.generation` moves with every change of what a write must know: the vector indexes and which
 * of them is active. `terms` are distinct, `frequencies` stands beside them and is NULL when each occurs once; `length`
 * counts repeats and is NULL without a lexical entry. `term_*` is set when the entry is of another revision.
 */
const first = (tables: Tables): readonly string[] => [
  `CREATE TABLE ${tables.store} (
    single boolean PRIMARY KEY DEFAULT TRUE CHECK (single),
    format integer NOT NULL,
    fence bigint NOT NULL DEFAULT 0,
    generation bigint NOT NULL DEFAULT 0
  )`,
  `INSERT INTO ${tables.store} (format) VALUES (0)`,
  `CREATE TABLE ${tables.indexes} (
    no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dimension integer NOT NULL,
    metric text NOT NULL,
    model_id text NOT NULL,
    vector_schema text NOT NULL,
    UNIQUE (model_id, dimension, metric)
  )`,
  `CREATE TABLE ${tables.settings} (name text PRIMARY KEY, value text NOT NULL)`,
  `CREATE TABLE ${tables.documents} (
    scope text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    state smallint NOT NULL,
    epoch bigint NOT NULL,
    counter bigint NOT NULL,
    timestamp bigint NOT NULL,
    digest bytea NOT NULL,
    metadata jsonb NOT NULL,
    length integer,
    term_epoch bigint,
    term_counter bigint,
    frequencies smallint[],
    terms text[] COLLATE "C",
    text text NOT NULL,
    PRIMARY KEY (scope, id)
  )`,
  `CREATE INDEX documents_recent ON ${tables.documents} (scope, timestamp DESC, id)
    INCLUDE (length) WHERE state = 0`,
  `CREATE INDEX documents_deleted ON ${tables.documents} (timestamp) WHERE state = 1`,
  `CREATE INDEX documents_stray ON ${tables.documents} (scope, length) WHERE state = 2`,
  `CREATE INDEX documents_terms ON ${tables.documents} USING gin (terms)`,
  `CREATE TABLE ${tables.outbox} (
    scope text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    epoch bigint NOT NULL,
    counter bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    queued_at bigint NOT NULL,
    due_at bigint NOT NULL,
    quarantined boolean NOT NULL DEFAULT false,
    error text,
    owner text,
    leased_until bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (scope, id)
  )`,
  `CREATE INDEX outbox_queue ON ${tables.outbox} (queued_at, scope, id) WHERE NOT quarantined`,
  `CREATE FUNCTION ${tables.refuse}(code text, scope text, id text) RETURNS bigint
    LANGUAGE plpgsql AS $body$
    BEGIN
      RAISE EXCEPTION USING ERRCODE = code, MESSAGE = 'document ' || to_json(id)::text
        || CASE WHEN scope = '' THEN '' ELSE ' in scope ' || to_json(scope)::text END;
    END $body$`,
];

export const migrations: readonly ((tables: Tables) => readonly string[])[] = [first];
