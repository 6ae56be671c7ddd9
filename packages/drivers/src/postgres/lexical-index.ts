import {
  canonicalJson,
  checkKey,
  type CallOptions,
  type CorpusStatistics,
  type DocumentKey,
  type Filter,
  type IndexHit,
  type IndexPage,
  type IndexRestriction,
  type IndexScanOptions,
  type LexicalIndex,
  type LexicalRecord,
  PalimpsestError,
  parseFilter,
  type ScopeSelector,
  throwIfAborted,
} from "@palimpsest/core";
import { checkCount, checkedFilter, selectedScope } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";
import { revisionOf } from "./document-rows.ts";
import { indexPage, restrictionSql } from "./index-entries.ts";
import {
  dropStrays,
  type EntryStatements,
  entryStatements,
  lexicalParameters,
} from "./lexical-entries.ts";
import { frequencyQuery, rankedQuery } from "./lexical-query.ts";
import { newestPerKey } from "./newest-per-key.ts";
import { keyArrays } from "./outbox.ts";
import type { StoreState } from "./store-state.ts";
import type { Tables } from "./tables.ts";
import { boundedTerm, queryTerms } from "./term-entry.ts";

/** Closing the index closes nothing else: the engine owns the connections. */
export class PostgresLexicalIndex implements LexicalIndex {
  readonly name: string = "postgres";
  readonly commitGroup: object;
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #store: StoreState;
  readonly #statements: EntryStatements;
  #closed = false;

  constructor(connection: Connection, tables: Tables, store: StoreState, commitGroup: object) {
    this.commitGroup = commitGroup;
    this.#connection = connection;
    this.#store = store;
    this.#tables = tables;
    this.#statements = entryStatements(tables);
  }

  compiles(filter: Filter): boolean {
    parseFilter(filter);
    return true;
  }

  async upsert(records: readonly LexicalRecord[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    for (const record of records) {
      checkKey(record);
      canonicalJson(record.metadata);
    }
    for (const round of newestPerKey(records)) {
      const parameters = lexicalParameters(round);
      await this.#connection.query(this.#statements.upsert, parameters, options);
    }
  }

  async delete(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    for (const key of keys) checkKey(key);
    const store = await this.#store.read(options.signal);
    await this.#connection.transaction(async (run) => {
      await run(this.#statements.remove, keyArrays(keys));
      await run(dropStrays(this.#tables, store), keyArrays(keys));
    }, options.signal);
  }

  async query(
    options: IndexRestriction & { readonly text: string; readonly k: number },
  ): Promise<IndexHit[]> {
    this.#enter(options);
    checkCount(options.k, "k", 0, 100_000);
    const terms = queryTerms(options.text);
    const request = { scope: selectedScope(options), terms, k: options.k };
    const { text, values } = rankedQuery(this.#tables, request, (parameters) =>
      restrictionSql(options, parameters),
    );
    if (terms.length === 0 || options.k === 0) return [];
    const { signal } = options;
    const dynamic = options.filter !== undefined;
    const rows = await this.#connection.query(text, values, { signal, dynamic });
    return rows.map((row) => ({
      scope: row["scope"] as string,
      id: row["id"] as string,
      revision: revisionOf(row),
      score: Number(row["score"]),
    }));
  }

  async documentFrequency(
    terms: readonly string[],
    options: CallOptions & ScopeSelector & { readonly filter?: Filter } = {},
  ): Promise<CorpusStatistics> {
    this.#enter(options);
    const distinct = [...new Set(terms)];
    const known = distinct.filter(isTerm);
    const request = { scope: selectedScope(options), terms: known.map(boundedTerm) };
    const filter = checkedFilter(options.filter);
    const { text, values } = frequencyQuery(this.#tables, request, filter);
    const { signal } = options;
    const dynamic = filter !== undefined;
    const rows = await this.#connection.query(text, values, { signal, dynamic });
    const counts = new Map(rows.map((row) => [Number(row["i"]), Number(row["count"])]));
    const frequencies = new Map(distinct.map((term) => [term, 0]));
    for (const [i, term] of known.entries()) frequencies.set(term, counts.get(i + 1) ?? 0);
    return { documents: counts.get(0) ?? 0, frequencies };
  }

  async scan(options: IndexScanOptions): Promise<IndexPage> {
    this.#enter(options);
    const columns =
      "coalesce(x.term_epoch, x.epoch) AS epoch, coalesce(x.term_counter, x.counter) AS counter";
    const from = `${this.#tables.documents} x WHERE x.length IS NOT NULL`;
    return indexPage(this.#connection, { columns, from }, options);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #enter(options: CallOptions): void {
    if (this.#closed) {
      throw new PalimpsestError("E_CLOSED", "the lexical index was closed; open the store again");
    }
    throwIfAborted(options.signal);
  }
}

/** Anything else is in no text, and could be something that PostgreSQL cannot hold. */
function isTerm(term: string): boolean {
  return /^[\p{L}\p{N}\p{M}]+$/u.test(term);
}
