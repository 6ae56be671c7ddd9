import { sealDocument, tokenize } from "@palimpsest/core";
import { Pool } from "pg";
import type { Sample } from "../store/dataset.ts";
import { searchBreadth } from "./places.ts";

/** What the driver works out for one document, computed beforehand: the client itself knows none of it. */
export interface ReadyRow {
  readonly id: string;
  readonly timestamp: number;
  readonly digest: string;
  readonly text: string;
  /** Terms with repeats. */
  readonly length: number;
  readonly terms: string;
  readonly frequencies: string | null;
  readonly vector: Float32Array;
}

const timestamp = 1_760_000_000_000;

export function readyRow({ id, text, vector }: Sample): ReadyRow {
  const { digest } = sealDocument({ scope: "", id, text, metadata: {}, timestamp });
  const words = tokenize(text);
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const frequencies = counts.size < words.length ? `{${[...counts.values()].join(",")}}` : null;
  const terms = [...counts.keys()].join(" ");
  return { id, timestamp, digest, text, length: words.length, terms, frequencies, vector };
}

const columns = "id, timestamp, digest, metadata, text, length, terms, frequencies, vector";
const types = "text bigint text text text integer text text text".split(" ");

/**
 * The same guarantees by hand, on tables that the driver has created in `schema`, so that indexes and
 * constraints are equal: one atomic statement that locks the fence against a raise, inserts or replaces
 * each document with the next revision of its own unless its epoch is higher, replaces its vector,
 * withdraws its open index work and returns the revision of each.
 */
export class RawPostgres {
  readonly #pool: Pool;
  readonly #many: string;
  readonly #one: string;

  constructor(connectionString: string, schema: string) {
    // The planner expects many from a table never analysed, and would compile for half a second.
    const options = "-c jit=off";
    this.#pool = new Pool({ connectionString, max: 10, options, allowExitOnIdle: true });
    const arrays = types.map((type, i) => `$${i + 1}::${type}[]`).join(", ");
    this.#many = statement(schema, `unnest(${arrays}) AS i (${columns})`);
    const scalars = types.map((type, i) => `$${i + 1}::${type}`).join(", ");
    this.#one = statement(schema, `(VALUES (${scalars})) AS i (${columns})`);
  }

  /** @returns the new revision counters by id */
  async writeMany(rows: readonly ReadyRow[]): Promise<Map<string, number>> {
    const all = rows.map(valuesOf);
    const values = types.map((_, column) => all.map((row) => row[column]));
    return countersOf((await this.#pool.query(this.#many, values)).rows);
  }

  async writeOne(row: ReadyRow): Promise<Map<string, number>> {
    const query = { name: "write-one", text: this.#one, values: valuesOf(row) };
    return countersOf((await this.#pool.query(query)).rows);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

function valuesOf(row: ReadyRow): (string | number | null)[] {
  const { id, timestamp: at, digest, text, length, terms, frequencies, vector } = row;
  return [id, at, digest, "{}", text, length, terms, frequencies, `[${vector.join(",")}]`];
}

function statement(schema: string, items: string): string {
  return `WITH gate AS MATERIALIZED (
      SELECT 1 FROM ${schema}.store WHERE fence <= 0 FOR SHARE),
    item AS MATERIALIZED (SELECT i.* FROM gate, ${items}),
    written AS MATERIALIZED (
      INSERT INTO ${schema}.documents AS d (scope, id, state, epoch, counter, timestamp, digest,
        metadata, text, length, terms, frequencies)
      SELECT '', id, 0, 0, 1, timestamp, decode(digest, 'hex'), metadata::jsonb, text, length,
        string_to_array(terms, ' '), frequencies::smallint[] FROM item
      ON CONFLICT (scope, id) DO UPDATE SET state = 0, counter = d.counter + 1,
        timestamp = excluded.timestamp, digest = excluded.digest, metadata = excluded.metadata,
        text = excluded.text, length = excluded.length, terms = excluded.terms,
        frequencies = excluded.frequencies, term_epoch = NULL, term_counter = NULL
      WHERE d.epoch <= excluded.epoch
      RETURNING d.id, d.epoch, d.counter, d.xmax = 0 AS fresh),
    entry AS (
      INSERT INTO ${schema}.vectors_1 (scope, id, epoch, counter, vector)
      SELECT '', w.id, w.epoch, w.counter, i.vector::vector FROM written w JOIN item i USING (id)
      ON CONFLICT (scope, id) DO UPDATE SET epoch = excluded.epoch, counter = excluded.counter,
        vector = excluded.vector),
    withdrawn AS (
      DELETE FROM ${schema}.outbox o USING written w
      WHERE NOT w.fresh AND o.scope = '' AND o.id = w.id)
    SELECT id, counter FROM written`;
}

function countersOf(
  rows: readonly { readonly id: string; readonly counter: string }[],
): Map<string, number> {
  return new Map(rows.map(({ id, counter }) => [id, Number(counter)]));
}

/**
 * The driver's HNSW search by hand on its own table: same breadth, same iterative scan, and revisions
 * and scores of the hits. Set once for its connection, where the driver sends them along each time.
 */
export class RawSearch {
  readonly #pool: Pool;
  readonly #text: string;

  constructor(connectionString: string, schema: string) {
    const options = `-c hnsw.ef_search=${searchBreadth} -c hnsw.iterative_scan=strict_order`;
    this.#pool = new Pool({ connectionString, max: 1, options, allowExitOnIdle: true });
    this.#text = `SELECT id, epoch, counter, 1 - (vector <=> $1::vector) AS score
      FROM ${schema}.vectors_1 WHERE scope = '' AND vector IS NOT NULL
      ORDER BY vector <=> $1::vector LIMIT $2::integer`;
  }

  async query(vector: Float32Array, k: number): Promise<readonly string[]> {
    const values = [`[${vector.join(",")}]`, k];
    const { rows } = await this.#pool.query<{ id: string }>({
      name: "search",
      text: this.#text,
      values,
    });
    return rows.map(({ id }) => id);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
