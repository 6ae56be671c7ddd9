import type { JsonObject, Metric } from "@palimpsest/core";
import type { VectorSettings } from "../shared/vector-settings.ts";
import type { Connection, Row, Run } from "./connection.ts";
import { quoteIdentifier } from "./identifiers.ts";
import type { Tables } from "./tables.ts";

/** One vector index as the store lists it. */
export interface StoredIndex extends VectorSettings {
  readonly no: number;
  readonly table: string;
  /** Quoted schema of the extension, to name its type and operators by. */
  readonly schema: string;
}

/** What a write must know of the store; every write checks that it still holds. */
export interface StoreRow {
  readonly fence: number;
  readonly generation: number;
  readonly indexes: readonly StoredIndex[];
  /** The index that commits with the documents. */
  readonly active: StoredIndex | undefined;
}

/** The setting that names the active index's model. */
export const activeSetting = "embedder";

/** The store's one row, kept as last read. */
export class StoreState {
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #sql: string;
  #row: StoreRow | undefined;

  constructor(connection: Connection, tables: Tables) {
    this.#connection = connection;
    this.#tables = tables;
    this.#sql = readingSql(tables);
  }

  /** As last read. */
  async known(signal?: AbortSignal): Promise<StoreRow> {
    return this.#row ?? this.read(signal);
  }

  async read(signal?: AbortSignal): Promise<StoreRow> {
    return this.#remember(await this.#connection.query(this.#sql, [], { signal }));
  }

  /** Keeps every writer out until the transaction ends. */
  async lock(run: Run): Promise<StoreRow> {
    await run(`SELECT FROM ${this.#tables.store} FOR UPDATE`);
    return rowOf(this.#tables, await run(this.#sql));
  }

  #remember(rows: Row[]): StoreRow {
    const row = rowOf(this.#tables, rows);
    // One object per generation: statements are built per object.
    if (this.#row === undefined || this.#row.generation !== row.generation) this.#row = row;
    return { ...this.#row, fence: row.fence };
  }
}

function readingSql(tables: Tables): string {
  return `SELECT s.fence, s.generation,
    (SELECT value FROM ${tables.settings} WHERE name = '${activeSetting}') AS active,
    (SELECT coalesce(json_agg(i ORDER BY i.no), '[]')::text FROM ${tables.indexes} i) AS indexes
    FROM ${tables.store} s`;
}

interface IndexRow {
  readonly no: number;
  readonly dimension: number;
  readonly metric: Metric;
  readonly model_id: string;
  readonly vector_schema: string;
}

function rowOf(tables: Tables, [row]: Row[]): StoreRow {
  const listed = JSON.parse((row?.["indexes"] as string | undefined) ?? "[]") as IndexRow[];
  const indexes = listed.map((index) => ({
    no: index.no,
    dimension: index.dimension,
    metric: index.metric,
    modelId: index.model_id,
    table: tables.vectors(index.no),
    schema: quoteIdentifier(index.vector_schema),
  }));
  return {
    fence: Number(row?.["fence"] ?? 0),
    generation: Number(row?.["generation"] ?? 0),
    indexes,
    active: activeOf(indexes, row?.["active"] as string | null | undefined),
  };
}

/** The index of the model that the setting names; the only one, while it names none. */
function activeOf(
  indexes: readonly StoredIndex[],
  setting: string | null | undefined,
): StoredIndex | undefined {
  const { modelId, dimension } = JSON.parse(setting ?? "{}") as JsonObject;
  if (typeof modelId !== "string") return indexes.length === 1 ? indexes[0] : undefined;
  return indexes.find((index) => index.modelId === modelId && index.dimension === dimension);
}
