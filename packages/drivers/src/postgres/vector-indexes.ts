import {
  type CallOptions,
  PalimpsestError,
  type VectorIndex,
  type VectorIndexDescription,
  type VectorIndexIdentity,
  type VectorIndexOptions,
  throwIfAborted,
} from "@palimpsest/core";
import { parseVectorOptions, type VectorSettings } from "../shared/vector-settings.ts";
import type { Connection, Run } from "./connection.ts";
import { lockKey, quoteIdentifier } from "./identifiers.ts";
import type { StoredIndex, StoreRow, StoreState } from "./store-state.ts";
import type { Tables } from "./tables.ts";
import { mostIndexedDimensions, vectorTable } from "./vector-entries.ts";
import { describeIndex, PostgresVectorIndex } from "./vector-index.ts";

export interface VectorIndexesParts {
  readonly connection: Connection;
  readonly tables: Tables;
  readonly store: StoreState;
  readonly commitGroup: object;
  readonly onWarning: (message: string) => void;
}

/** The vector indexes of one store: a table each, told apart by model, dimension and metric. */
export class VectorIndexes {
  readonly #parts: VectorIndexesParts;

  constructor(parts: VectorIndexesParts) {
    this.#parts = parts;
  }

  /** Creates extension, table and index on first use. */
  async open(options: VectorIndexOptions): Promise<VectorIndex> {
    const { connection, tables, store, commitGroup } = this.#parts;
    const asked = parseVectorOptions(options);
    throwIfAborted(options.signal);
    const present = find(await store.read(options.signal), asked);
    const settings = present ?? (await this.#create(asked, options));
    const iterates = await this.#warn(settings, options.signal);
    return new PostgresVectorIndex({ connection, tables, store, settings, commitGroup, iterates });
  }

  async list(options: CallOptions = {}): Promise<VectorIndexDescription[]> {
    const { connection, store } = this.#parts;
    const { indexes } = await store.read(options.signal);
    return Promise.all(indexes.map((index) => describeIndex(connection, index, options)));
  }

  async drop(identity: VectorIndexIdentity, options: CallOptions = {}): Promise<boolean> {
    const { connection, tables, store } = this.#parts;
    const asked = parseVectorOptions(identity);
    const dropped = await connection.transaction(async (run) => {
      const index = find(await store.lock(run), asked);
      if (index === undefined) return false;
      await run(`DROP TABLE ${index.table}`);
      await run(`DELETE FROM ${tables.indexes} WHERE no = $1::integer`, [index.no]);
      await moveOn(run, tables);
      return true;
    }, options.signal);
    await store.read();
    return dropped;
  }

  async #create(asked: VectorSettings, options: VectorIndexOptions): Promise<StoredIndex> {
    const { connection, tables, store } = this.#parts;
    const created = await connection.transaction(async (run) => {
      // Two transactions that create an extension collide, in whichever schema their stores are.
      await run("SELECT pg_advisory_xact_lock($1::bigint)", [lockKey("extension")]);
      const row = await store.lock(run);
      const present = find(row, asked);
      if (present !== undefined) return present;
      if (row.indexes.length > 0 && options.beside !== true)
        refuse(asked, row.indexes, connection.label);
      const index = await addIndex(run, tables, asked);
      await moveOn(run, tables);
      return index;
    }, options.signal);
    await store.read();
    return created;
  }

  /** @returns whether pgvector goes on until enough of its finds pass the conditions */
  async #warn(settings: StoredIndex, signal: AbortSignal | undefined): Promise<boolean> {
    const { connection, onWarning } = this.#parts;
    if (settings.dimension > mostIndexedDimensions) {
      onWarning(
        `vectors of ${settings.dimension} dimensions are too long for pgvector's HNSW index (${mostIndexedDimensions}); every query compares all vectors of its scope`,
      );
    }
    const sql = "SELECT extversion AS version FROM pg_extension WHERE extname = 'vector'";
    const [row] = await connection.query(sql, [], { signal });
    const version = String(row?.["version"]);
    const iterates = isAtLeast(version, 0, 8);
    if (!iterates) {
      onWarning(
        `pgvector ${version} cannot continue a search past its first finds; queries of one scope or with a filter compare all vectors until it is updated to 0.8`,
      );
    }
    return iterates;
  }
}

function find({ indexes }: StoreRow, asked: VectorSettings): StoredIndex | undefined {
  return indexes.find(
    ({ dimension, modelId, metric }) =>
      dimension === asked.dimension && modelId === asked.modelId && metric === asked.metric,
  );
}

/** Every writer's knowledge is out of date from now on. */
async function moveOn(run: Run, tables: Tables): Promise<void> {
  await run(`UPDATE ${tables.store} SET generation = generation + 1`);
}

async function addIndex(run: Run, tables: Tables, asked: VectorSettings): Promise<StoredIndex> {
  const home = await ensureExtension(run);
  const [row] = await run(
    `INSERT INTO ${tables.indexes} (dimension, metric, model_id, vector_schema)
      VALUES ($1::integer, $2::text, $3::text, $4::text) RETURNING no`,
    [asked.dimension, asked.metric, asked.modelId, home],
  );
  const no = Number(row?.["no"]);
  const index = { ...asked, no, table: tables.vectors(no), schema: quoteIdentifier(home) };
  for (const statement of vectorTable(index)) {
    await run(statement);
  }
  return index;
}

/** @returns the schema that the extension lives in */
async function ensureExtension(run: Run): Promise<string> {
  const where = `SELECT n.nspname AS name FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'vector'`;
  const [present] = await run(where);
  if (present !== undefined) return present["name"] as string;
  await run("CREATE EXTENSION vector");
  const [created] = await run(where);
  return created?.["name"] as string;
}

function refuse(asked: VectorSettings, present: readonly VectorSettings[], label: string): never {
  const remedy = "open it with the embedder that built it, or with `beside` to build another";
  const built = present.find(({ dimension }) => dimension === asked.dimension);
  if (built === undefined) {
    throw new PalimpsestError(
      "E_DIMENSION_MISMATCH",
      `${label} holds vectors of ${present[0]?.dimension} dimensions, asked for ${asked.dimension}; ${remedy}`,
    );
  }
  throw new PalimpsestError(
    "E_MODEL_MISMATCH",
    `${label} holds vectors of ${built.modelId} (${built.metric}), asked for ${asked.modelId} (${asked.metric}); ${remedy}`,
  );
}

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split(".").map(Number);
  return a > major || (a === major && b >= minor);
}
