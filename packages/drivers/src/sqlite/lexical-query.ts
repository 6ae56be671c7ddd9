import type { IndexHit } from "@palimpsest/core";
import { BestHits } from "./best-hits.ts";
import { inverseFrequency, saturation, termScore } from "../shared/bm25.ts";
import { descending, nthLargest } from "./candidate-order.ts";
import type { Connection } from "./connection.ts";
import type { Row } from "./document-rows.ts";
import { indexedTerms } from "./lexical-entries.ts";
import { documentFrequency, eachPosting, readLengths } from "./postings.ts";
import type { LexicalRequest } from "./query-requests.ts";
import { passes, take, toHit } from "./rescore.ts";
import type { ScopeFigures } from "./scopes.ts";

interface WeighedTerm {
  readonly term: string;
  readonly documents: number;
  readonly rarity: number;
}

/**
 * Ranks by BM25 with the figures of the searched scope, so tenants do not influence each other.
 * Rare terms come first; once the common ones left cannot lift a new document among the first k,
 * only the documents found so far are scored on.
 */
export function queryLexical(
  connection: Connection,
  figures: ScopeFigures,
  request: LexicalRequest,
): IndexHit[] {
  return new LexicalQuery(connection, figures, request).run();
}

class LexicalQuery {
  readonly #connection: Connection;
  readonly #figures: ScopeFigures;
  readonly #request: LexicalRequest;
  readonly #allowed: ReadonlySet<number> | undefined;
  readonly #scores = new Map<number, number>();
  readonly #lengths = new Map<number, number>();

  constructor(connection: Connection, figures: ScopeFigures, request: LexicalRequest) {
    this.#connection = connection;
    this.#figures = figures;
    this.#request = request;
    this.#allowed = request.documents && new Set(request.documents);
  }

  run(): IndexHit[] {
    const terms = this.#weighedTerms();
    for (const [i, term] of terms.entries()) {
      const rest = terms.slice(i);
      const found = this.#finalists(rest);
      if (found !== undefined) {
        this.#complete(found, rest);
        break;
      }
      this.#addAll(term);
    }
    return this.#best();
  }

  #weighedTerms(): WeighedTerm[] {
    const { scopeNo, terms } = this.#request;
    return terms
      .map((term) => {
        const documents = documentFrequency(this.#connection, term, scopeNo);
        return { term, documents, rarity: inverseFrequency(this.#figures.entries, documents) };
      })
      .filter(({ documents }) => documents > 0)
      .toSorted((a, b) => a.documents - b.documents);
  }

  /** Scores one term for every document that has it. */
  #addAll({ term, rarity }: WeighedTerm): void {
    const { scopeNo } = this.#request;
    const found: [number, number][] = [];
    eachPosting(this.#connection, term, scopeNo, (no, frequency) => {
      if (this.#allowed === undefined || this.#allowed.has(no)) found.push([no, frequency]);
    });
    this.#readLengths(found.map(([no]) => no));
    for (const [no, frequency] of found) this.#add(no, frequency, rarity);
  }

  #readLengths(numbers: readonly number[]): void {
    const unknown = numbers.filter((no) => !this.#lengths.has(no));
    if (unknown.length === 0) return;
    const { scopeNo } = this.#request;
    const lengths = readLengths(this.#connection, unknown, scopeNo, this.#figures.entries);
    for (const [no, length] of lengths) this.#lengths.set(no, length);
  }

  #add(no: number, frequency: number, rarity: number): void {
    const relative = (this.#lengths.get(no) ?? 0) / (this.#figures.terms / this.#figures.entries);
    const gain = termScore(rarity, frequency, relative);
    this.#scores.set(no, (this.#scores.get(no) ?? 0) + gain);
  }

  /**
   * The only documents that can still be among the first k, or undefined when others can too, when
   * a filter hides how many count, or when reading their texts would cost more than the postings.
   */
  #finalists(rest: readonly WeighedTerm[]): number[] | undefined {
    const { k, filter } = this.#request;
    if (filter !== undefined || this.#scores.size < k) return undefined;
    const gain = rest.reduce((sum, { rarity }) => sum + rarity * saturation, 0);
    const kth = nthLargest(Float64Array.from(this.#scores.values()), k);
    if (kth <= gain) return undefined;
    const found = [...this.#scores].filter(([, score]) => score + gain >= kth).map(([no]) => no);
    const postings = rest.reduce((sum, { documents }) => sum + documents, 0);
    return found.length * textCost < postings ? found : undefined;
  }

  /** Scores the rest of the terms from the documents' own texts. */
  #complete(found: readonly number[], rest: readonly WeighedTerm[]): void {
    for (const no of found) {
      const frequencies = countTerms(readText(this.#connection, no));
      for (const { term, rarity } of rest) {
        const frequency = frequencies.get(term);
        if (frequency !== undefined) this.#add(no, frequency, rarity);
      }
    }
    const finalists = new Set(found);
    for (const no of this.#scores.keys()) if (!finalists.has(no)) this.#scores.delete(no);
  }

  #best(): IndexHit[] {
    const { k, filter } = this.#request;
    const found = [...this.#scores];
    const bounds = Float64Array.from(found, ([, score]) => score);
    const hits = new BestHits(k);
    const order = descending(bounds, k + 64);
    const size = filter === undefined ? k + 16 : Math.max(k, 256);
    for (;;) {
      const round = take(order, size, (i) => (bounds[i] as number) >= hits.threshold);
      const numbers = round.map((i) => (found[i] as [number, number])[0]);
      for (const row of readEntries(this.#connection, numbers)) {
        if (passes(row, filter)) hits.add(toHit(row, this.#scores.get(row["no"] as number) ?? 0));
      }
      if (round.length < size) return hits.list();
    }
  }
}

/** Reading and splitting a text costs about as much as this many postings. */
const textCost = 200;

function countTerms(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of indexedTerms(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

function readText(connection: Connection, no: number): string {
  const row = connection
    .prepare(
      `SELECT coalesce(l.text, d.text) AS text FROM documents d
        LEFT JOIN lexical_strays l ON l.document_no = d.no WHERE d.no = ?`,
    )
    .get(no);
  return (row?.["text"] as string | undefined) ?? "";
}

function readEntries(connection: Connection, numbers: readonly number[]): Row[] {
  return connection
    .prepare(
      `SELECT d.no, coalesce(l.epoch, d.epoch) AS epoch, coalesce(l.counter, d.counter) AS counter,
        d.id, d.metadata, s.scope FROM json_each(?) j CROSS JOIN documents d ON d.no = j.value
        JOIN scopes s ON s.no = d.scope_no LEFT JOIN lexical_strays l ON l.document_no = d.no`,
    )
    .all(JSON.stringify(numbers));
}
