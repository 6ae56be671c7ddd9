import { hash } from "node:crypto";
import { limits, type Revision, tokenize } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import type { LogCleaner } from "./log-cleaner.ts";
import type { Scopes } from "./scopes.ts";

const longestTerm = 200;

/** FTS5 cuts very long tokens off, so those are indexed by their hash. */
export function boundedTerm(term: string): string {
  return term.length <= longestTerm ? term : hash("sha256", term, "hex");
}

/** The terms under which a text is found; at least `limits.lexicalBytes` of it are read. */
export function indexedTerms(text: string): string[] {
  const terms = tokenize(text.slice(0, limits.lexicalBytes));
  return terms.some((term) => term.length > longestTerm) ? terms.map(boundedTerm) : terms;
}

/**
 * Posting lists are kept per scope by a suffix, so a query costs by its scope; all scopes of a term
 * still lie side by side. `_` is in no term.
 */
export function scopedTerm(term: string, scopeNo: number): string {
  return `${term}_${scopeNo}`;
}

function scopedText(terms: readonly string[], scopeNo: number): string {
  const suffix = `_${scopeNo}`;
  return terms.length === 0 ? "" : terms.join(`${suffix} `) + suffix;
}

/** The document of an entry, before the change. */
export interface LexicalOwner {
  readonly no: number;
  readonly scopeNo: number;
  /** Number of terms indexed; null when there is no entry. */
  readonly terms: number | null;
  readonly text: string;
}

/** Writes FTS5 rows. Every method belongs into a write transaction. */
export class LexicalEntries {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #cleaner: LogCleaner;

  constructor(connection: Connection, scopes: Scopes, cleaner: LogCleaner) {
    this.#connection = connection;
    this.#scopes = scopes;
    this.#cleaner = cleaner;
  }

  /** Indexes a text for a document without an entry. `documents.terms` is the caller's to write. */
  add(no: number, scopeNo: number, terms: readonly string[]): void {
    this.#connection
      .prepare("INSERT INTO lexical (rowid, terms) VALUES (CAST(? AS INTEGER), ?)")
      .run(no, scopedText(terms, scopeNo));
    this.#scopes.add(scopeNo, "entries", 1);
    this.#scopes.add(scopeNo, "terms", terms.length);
  }

  /** FTS5 keeps no text of its own; it deletes by being told the terms again. */
  remove(owner: LexicalOwner): void {
    if (owner.terms === null) return;
    this.#cleaner.mark();
    const stray = this.#connection
      .prepare("DELETE FROM lexical_strays WHERE document_no = ? RETURNING text")
      .get(owner.no);
    const text = stray === undefined ? owner.text : (stray["text"] as string);
    this.#connection
      .prepare(
        "INSERT INTO lexical (lexical, rowid, terms) VALUES ('delete', CAST(? AS INTEGER), ?)",
      )
      .run(owner.no, scopedText(indexedTerms(text), owner.scopeNo));
    this.#scopes.add(owner.scopeNo, "entries", -1);
    this.#scopes.add(owner.scopeNo, "terms", -owner.terms);
  }

  /** Remembers an entry whose text is not its document's, so that `remove` can find its terms. */
  addStray(no: number, revision: Revision, text: string): void {
    this.#connection
      .prepare("INSERT INTO lexical_strays (document_no, epoch, counter, text) VALUES (?, ?, ?, ?)")
      .run(no, revision.epoch, revision.counter, text);
  }
}
