import {
  checkKey,
  type CallOptions,
  compareRevisions,
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
  type Revision,
  type ScopeSelector,
  throwIfAborted,
} from "@palimpsest/core";
import { checkCount, checkedFilter, selectedScope } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";
import { revisionOf } from "./document-rows.ts";
import { addStrayDocument, dropEmptyStray, indexPage, setStrayMetadata } from "./index-rows.ts";
import { indexedTerms, type LexicalEntries } from "./lexical-entries.ts";
import { corpusStatistics } from "./lexical-statistics.ts";
import type { QueryPlanner } from "./query-planner.ts";
import { lexicalOwner, recordOf, type RecordWriter, type Slot } from "./record-writer.ts";
import type { Scopes } from "./scopes.ts";
import type { VectorTables } from "./vector-tables.ts";

const entryRevision =
  "coalesce(l.epoch, d.epoch) AS epoch, coalesce(l.counter, d.counter) AS counter";
const strayJoin = "LEFT JOIN lexical_strays l ON l.document_no = d.no";

export interface LexicalIndexParts {
  readonly connection: Connection;
  readonly scopes: Scopes;
  readonly writer: RecordWriter;
  readonly entries: LexicalEntries;
  readonly tables: VectorTables;
  readonly planner: QueryPlanner;
}

/** Closing the index closes nothing else: the engine owns the file. */
export class SqliteLexicalIndex implements LexicalIndex {
  readonly name: string = "sqlite";
  readonly commitGroup: object;
  readonly #parts: LexicalIndexParts;
  #closed = false;

  constructor(parts: LexicalIndexParts) {
    this.#parts = parts;
    this.commitGroup = parts.connection;
  }

  compiles(filter: Filter): boolean {
    parseFilter(filter);
    return true;
  }

  async upsert(records: readonly LexicalRecord[], options: CallOptions = {}): Promise<void> {
    const { connection } = this.#open();
    for (const record of records) checkKey(record);
    const prepared = records.map((record) => ({ record, terms: indexedTerms(record.text) }));
    await connection.transaction(() => {
      for (const { record, terms } of prepared) this.#put(record, terms);
    }, options.signal);
  }

  #put(record: LexicalRecord, terms: readonly string[]): void {
    const { connection, writer, entries, tables } = this.#parts;
    const slot = writer.find(record);
    if (this.#isOutdated(record.revision, slot)) return;
    if (slot.row !== undefined) entries.remove(lexicalOwner(slot.scopeNo, slot.row));
    const no =
      (slot.row?.["no"] as number | undefined) ??
      addStrayDocument(connection, slot.scopeNo, record.id);
    setStrayMetadata(connection, no, record.metadata);
    const indexed = record.text !== "";
    this.#setTerms(no, indexed ? terms.length : null);
    if (!indexed) return dropEmptyStray(connection, tables.names(), no);
    entries.add(no, slot.scopeNo, terms);
    if (!isOwnText(record, slot)) entries.addStray(no, record.revision, record.text);
  }

  /** Older than the entry, or than the record itself: what a late worker brings must not come back to life. */
  #isOutdated(revision: Revision, slot: Slot): boolean {
    if (slot.row === undefined) return false;
    const record = recordOf(slot);
    if (record !== undefined && compareRevisions(revision, revisionOf(record)) < 0) return true;
    const entry = this.#parts.connection
      .prepare(
        `SELECT ${entryRevision} FROM documents d ${strayJoin} WHERE d.no = ? AND d.terms IS NOT NULL`,
      )
      .get(slot.row["no"] ?? null);
    return entry !== undefined && compareRevisions(revision, revisionOf(entry)) < 0;
  }

  #setTerms(no: number, terms: number | null): void {
    this.#parts.connection.prepare("UPDATE documents SET terms = ? WHERE no = ?").run(terms, no);
  }

  async delete(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    const { connection, writer, entries, tables } = this.#open();
    for (const key of keys) checkKey(key);
    await connection.transaction(() => {
      for (const key of keys) {
        const slot = writer.find(key);
        if (slot.row === undefined) continue;
        const owner = lexicalOwner(slot.scopeNo, slot.row);
        entries.remove(owner);
        this.#setTerms(owner.no, null);
        dropEmptyStray(connection, tables.names(), owner.no);
      }
    }, options.signal);
  }

  async query(
    options: IndexRestriction & { readonly text: string; readonly k: number },
  ): Promise<IndexHit[]> {
    const { planner } = this.#open();
    throwIfAborted(options.signal);
    checkCount(options.k, "k", 0, 100_000);
    const filter = checkedFilter(options.filter);
    const target = planner.target(selectedScope(options), options.keys);
    const terms = [...new Set(indexedTerms(options.text))];
    if (target === undefined || terms.length === 0) return [];
    return planner.run({ ...target, kind: "lexical", k: options.k, filter, terms }, options.signal);
  }

  async documentFrequency(
    terms: readonly string[],
    options: CallOptions & ScopeSelector & { readonly filter?: Filter } = {},
  ): Promise<CorpusStatistics> {
    const { connection, scopes } = this.#open();
    throwIfAborted(options.signal);
    const filter = checkedFilter(options.filter);
    const scope = selectedScope(options);
    return connection.read(() => {
      const scopeNo = scope === undefined ? undefined : scopes.find(scope);
      if (scope !== undefined && scopeNo === undefined)
        return { documents: 0, frequencies: zeroes(terms) };
      return corpusStatistics(connection, scopes, terms, scopeNo, filter);
    });
  }

  async scan(options: IndexScanOptions): Promise<IndexPage> {
    const { connection, scopes } = this.#open();
    const query = {
      columns: `d.id, ${entryRevision}`,
      join: strayJoin,
      where: "d.terms IS NOT NULL",
    };
    return indexPage(connection, scopes, query, options);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): LexicalIndexParts {
    if (!this.#closed) return this.#parts;
    throw new PalimpsestError("E_CLOSED", "the lexical index was closed; open the store again");
  }
}

/** Whether the entry is about the record as it is stored. */
function isOwnText(record: LexicalRecord, slot: Slot): boolean {
  const row = recordOf(slot);
  return (
    row !== undefined &&
    compareRevisions(revisionOf(row), record.revision) === 0 &&
    row["text"] === record.text
  );
}

function zeroes(terms: readonly string[]): Map<string, number> {
  return new Map(terms.map((term) => [term, 0]));
}
