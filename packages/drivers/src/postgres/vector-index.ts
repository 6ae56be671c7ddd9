import {
  canonicalJson,
  checkKey,
  type CallOptions,
  describeKey,
  type DocumentKey,
  type Filter,
  type IndexHit,
  type IndexPage,
  type IndexRestriction,
  type IndexScanOptions,
  PalimpsestError,
  parseFilter,
  throwIfAborted,
  type VectorIndex,
  type VectorIndexDescription,
  type VectorRecord,
} from "@palimpsest/core";
import { checkCount, selectedScope } from "../sqlite/arguments.ts";
import { checkVector } from "../sqlite/vector-settings.ts";
import type { Connection, Row } from "./connection.ts";
import { revisionOf } from "./document-rows.ts";
import { indexPage } from "./index-entries.ts";
import { dropStrays } from "./lexical-entries.ts";
import type { Statement } from "./lexical-query.ts";
import { newestPerKey } from "./newest-per-key.ts";
import { keyArrays } from "./outbox.ts";
import { isCheaperExact, mostCounted, ScopeSizes } from "./scope-sizes.ts";
import type { StoredIndex, StoreState } from "./store-state.ts";
import type { Tables } from "./tables.ts";
import { mostIndexedDimensions, upsertVectors, vectorParameters } from "./vector-entries.ts";
import { exactQuery, nearQuery, type VectorRequest } from "./vector-query.ts";
import { vectorText } from "./vector-text.ts";

export interface VectorIndexParts {
  readonly connection: Connection;
  readonly tables: Tables;
  readonly settings: StoredIndex;
  readonly store: StoreState;
  readonly commitGroup: object;
  /** pgvector goes on until enough of its finds pass the conditions; since 0.8. */
  readonly iterates: boolean;
}

/** The graph's breadth of search: recall 0.985 to 0.995 at 100,000 vectors; pgvector takes up to 1,000. */
const breadth = 100;
const mostNear = 400;
/** Share of a scope in all vectors from which passing over the others' takes no wider search. */
const mostlyMine = 0.9;

export class PostgresVectorIndex implements VectorIndex {
  readonly name: string = "postgres";
  readonly commitGroup: object;
  readonly #parts: VectorIndexParts;
  readonly #sizes: ScopeSizes;
  #closed = false;

  constructor(parts: VectorIndexParts) {
    this.#parts = parts;
    this.commitGroup = parts.commitGroup;
    this.#sizes = new ScopeSizes(parts.connection, parts.settings.table);
  }

  compiles(filter: Filter): boolean {
    parseFilter(filter);
    return true;
  }

  async upsert(records: readonly VectorRecord[], options: CallOptions = {}): Promise<void> {
    const { connection, tables, settings } = this.#open(options);
    const checked = records.map((record) => {
      checkKey(record);
      canonicalJson(record.metadata);
      const name = (): string => `the vector of ${describeKey(record)}`;
      return { ...record, checked: checkVector(record.vector, settings, name) };
    });
    const sql = upsertVectors(tables, settings);
    for (const round of newestPerKey(checked)) {
      const parameters = vectorParameters(round, settings.metric);
      // oxlint-disable-next-line no-await-in-loop -- rounds are large; one after another is enough
      await connection.query(sql, parameters, options);
    }
  }

  async delete(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    const { connection, tables, settings, store } = this.#open(options);
    for (const key of keys) checkKey(key);
    const known = await store.read(options.signal);
    const remove = `DELETE FROM ${settings.table}
      WHERE (scope, id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`;
    await connection.transaction(async (run) => {
      await run(remove, keyArrays(keys));
      await run(dropStrays(tables, known), keyArrays(keys));
    }, options.signal);
  }

  async query(
    options: IndexRestriction & { readonly vector: Float32Array; readonly k: number },
  ): Promise<IndexHit[]> {
    const { tables, settings } = this.#open(options);
    checkCount(options.k, "k", 0, 100_000);
    const checked = checkVector(options.vector, settings, () => "the query vector");
    const vector = vectorText(checked, settings.metric);
    const scope = selectedScope(options);
    const request: VectorRequest = { vector, k: options.k, scope, restriction: options };
    const exact = exactQuery(tables, settings, request);
    if (options.k === 0) return [];
    if (options.keys !== undefined || options.k > mostNear || !this.#hasGraph())
      return this.#hits(exact, options);
    const size = await this.#sizes.of(scope, options.signal);
    const restricted = options.filter !== undefined || size.vectors < mostlyMine * size.total;
    const scans =
      isCheaperExact(size) ||
      (options.filter !== undefined && size.vectors < mostCounted) ||
      (restricted && !this.#parts.iterates);
    if (scans) return this.#hits(exact, options);
    const hits = await this.#near(request, restricted, options);
    // The graph's walk ends early when few of many pass the conditions; then all are compared.
    return hits.length < Math.min(options.k, size.vectors) ? this.#hits(exact, options) : hits;
  }

  /** Finds more than asked for when some are to be passed over: the best of the rest lie further out. */
  async #near(
    request: VectorRequest,
    restricted: boolean,
    options: IndexRestriction,
  ): Promise<IndexHit[]> {
    const { tables, settings, iterates } = this.#parts;
    const reach = restricted ? Math.max(breadth, 2 * request.k) : request.k;
    const hnsw = {
      ef_search: `${Math.max(breadth, 2 * request.k)}`,
      ...(iterates && { iterative_scan: "strict_order" }),
    };
    return this.#hits(nearQuery(tables, settings, request, { reach, hnsw }), options);
  }

  async #hits({ text, values }: Statement, options: IndexRestriction): Promise<IndexHit[]> {
    const { signal, filter } = options;
    const dynamic = filter !== undefined;
    const rows = await this.#parts.connection.query(text, values, { signal, dynamic });
    return rows.map((row: Row) => ({
      scope: row["scope"] as string,
      id: row["id"] as string,
      revision: revisionOf(row),
      score: Number(row["score"]),
    }));
  }

  #hasGraph(): boolean {
    return this.#parts.settings.dimension <= mostIndexedDimensions;
  }

  async scan(options: IndexScanOptions): Promise<IndexPage> {
    const { connection, settings } = this.#open(options);
    const from = `${settings.table} x WHERE x.vector IS NOT NULL`;
    return indexPage(connection, { columns: "x.epoch, x.counter", from }, options);
  }

  async describe(options: CallOptions = {}): Promise<VectorIndexDescription> {
    const { connection, settings } = this.#open(options);
    return describeIndex(connection, settings, options);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(options: CallOptions): VectorIndexParts {
    if (this.#closed) {
      throw new PalimpsestError("E_CLOSED", "the vector index was closed; call openVectors again");
    }
    throwIfAborted(options.signal);
    return this.#parts;
  }
}

export async function describeIndex(
  connection: Connection,
  { table, dimension, metric, modelId }: StoredIndex,
  options: CallOptions,
): Promise<VectorIndexDescription> {
  const sql = `SELECT count(*) AS count FROM ${table} WHERE vector IS NOT NULL`;
  const [row] = await connection.query(sql, [], options);
  return { dimension, metric, modelId, count: Number(row?.["count"]) };
}
