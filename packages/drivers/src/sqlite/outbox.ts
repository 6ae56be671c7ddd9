import {
  checkKey,
  type CallOptions,
  type ClaimOptions,
  type Clock,
  compareRevisions,
  type DocumentKey,
  type Outbox,
  type OutboxEntry,
  type OutboxStats,
  throwIfAborted,
} from "@palimpsest/core";
import { checkCount } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";
import { type Row, revisionOf } from "./document-rows.ts";
import { recordOf, type RecordWriter } from "./record-writer.ts";
import type { Scopes } from "./scopes.ts";

const columns = `o.document_no, o.epoch, o.counter, o.attempts, o.queued_at, o.due_at, o.error, o.owner,
  o.leased_until, s.scope, d.id`;
const tables = `outbox o JOIN documents d ON d.no = o.document_no JOIN scopes s ON s.no = d.scope_no`;

export interface OutboxParts {
  readonly connection: Connection;
  readonly scopes: Scopes;
  readonly writer: RecordWriter;
  readonly clock: Clock;
}

/** Keeps the newest revision per id: whoever indexes reads the present document. */
export class SqliteOutbox implements Outbox {
  readonly #connection: Connection;
  readonly #scopes: Scopes;
  readonly #writer: RecordWriter;
  readonly #clock: Clock;

  constructor(parts: OutboxParts) {
    this.#connection = parts.connection;
    this.#scopes = parts.scopes;
    this.#writer = parts.writer;
    this.#clock = parts.clock;
  }

  async claim(options: ClaimOptions): Promise<OutboxEntry[]> {
    checkCount(options.limit, "limit", 0);
    checkCount(options.leaseMs, "leaseMs", 1);
    for (const key of options.keys ?? []) checkKey(key);
    const now = this.#clock.now();
    return this.#connection.transaction(() => {
      const rows =
        options.keys === undefined
          ? this.#due(options, now)
          : this.#named(options.keys, options, now);
      const lease = this.#connection.prepare(
        "UPDATE outbox SET owner = ?, leased_until = ? WHERE document_no = ?",
      );
      for (const row of rows)
        lease.run(options.owner, now + options.leaseMs, row["document_no"] ?? null);
      return rows.map(toEntry);
    }, options.signal);
  }

  #due({ owner, limit }: ClaimOptions, now: number): Row[] {
    const sql = `SELECT ${columns} FROM ${tables}
      WHERE o.quarantined = 0 AND o.due_at <= ?1 AND (o.owner IS NULL OR o.owner = ?2 OR o.leased_until <= ?1)
      ORDER BY o.queued_at, o.document_no LIMIT ?3`;
    return this.#connection.prepare(sql).all(now, owner, limit);
  }

  #named(keys: readonly DocumentKey[], { owner, limit }: ClaimOptions, now: number): Row[] {
    const rows = new Map<unknown, Row>();
    for (const key of keys) {
      if (rows.size >= limit) break;
      const row = this.#find(key);
      if (row === undefined || isLeasedToOther(row, owner, now)) continue;
      rows.set(row["document_no"], row);
    }
    return [...rows.values()];
  }

  #find(key: DocumentKey): Row | undefined {
    const scopeNo = this.#scopes.find(key.scope);
    if (scopeNo === undefined) return undefined;
    return this.#connection
      .prepare(
        `SELECT ${columns} FROM ${tables} WHERE d.scope_no = ? AND d.id = ? AND o.quarantined = 0`,
      )
      .get(scopeNo, key.id);
  }

  async settle(
    owner: string,
    entries: readonly OutboxEntry[],
    options: CallOptions = {},
  ): Promise<void> {
    const remove = "DELETE FROM outbox WHERE document_no = ?";
    await this.#forHeld(owner, entries, options, (no) => this.#connection.prepare(remove).run(no));
  }

  async retryLater(
    owner: string,
    entries: readonly OutboxEntry[],
    failure: { readonly error: string; readonly retryAt: number },
    options: CallOptions = {},
  ): Promise<void> {
    const sql = `UPDATE outbox SET attempts = attempts + 1, error = ?, due_at = ?, owner = NULL WHERE document_no = ?`;
    await this.#forHeld(owner, entries, options, (no) =>
      this.#connection.prepare(sql).run(failure.error, failure.retryAt, no),
    );
  }

  async quarantine(
    owner: string,
    entries: readonly OutboxEntry[],
    error: string,
    options: CallOptions = {},
  ): Promise<void> {
    const sql = `UPDATE outbox SET attempts = attempts + 1, error = ?, quarantined = 1, owner = NULL WHERE document_no = ?`;
    await this.#forHeld(owner, entries, options, (no) =>
      this.#connection.prepare(sql).run(error, no),
    );
  }

  async quarantined(
    options: CallOptions & { limit: number; after?: DocumentKey },
  ): Promise<OutboxEntry[]> {
    throwIfAborted(options.signal);
    checkCount(options.limit, "limit", 0);
    if (options.after !== undefined) checkKey(options.after);
    const { scope, id } = options.after ?? { scope: "", id: "" };
    return this.#connection.read(() =>
      this.#connection
        .prepare(
          `SELECT ${columns} FROM ${tables} WHERE o.quarantined = 1 AND (s.scope, d.id) > (?, ?)
            ORDER BY s.scope, d.id LIMIT ?`,
        )
        .all(scope, id, options.limit)
        .map(toEntry),
    );
  }

  async enqueue(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    for (const key of keys) checkKey(key);
    const now = this.#clock.now();
    await this.#connection.transaction(() => {
      for (const key of keys) {
        const row = recordOf(this.#writer.find(key));
        if (row !== undefined) this.#writer.askForVector(row["no"] as number, revisionOf(row), now);
      }
    }, options.signal);
  }

  async stats(options: CallOptions = {}): Promise<OutboxStats> {
    throwIfAborted(options.signal);
    return this.#connection.read(() => {
      const sql = `SELECT count(*) FILTER (WHERE quarantined = 0) AS pending,
        count(*) FILTER (WHERE quarantined = 1) AS quarantined,
        min(queued_at) FILTER (WHERE quarantined = 0) AS oldest FROM outbox`;
      const row = this.#connection.prepare(sql).get() ?? {};
      return {
        pending: row["pending"] as number,
        quarantined: row["quarantined"] as number,
        oldest: (row["oldest"] as number | null) ?? undefined,
      };
    });
  }

  /** Runs `change` for entries that `owner` holds; one that was queued again since is only freed. */
  async #forHeld(
    owner: string,
    entries: readonly OutboxEntry[],
    options: CallOptions,
    change: (documentNo: number) => void,
  ): Promise<void> {
    const free = "UPDATE outbox SET owner = NULL WHERE document_no = ?";
    await this.#connection.transaction(() => {
      for (const entry of entries) {
        const row = this.#find(entry);
        if (row === undefined || row["owner"] !== owner) continue;
        const no = row["document_no"] as number;
        if (isQueuedAgain(row, entry)) this.#connection.prepare(free).run(no);
        else change(no);
      }
    }, options.signal);
  }
}

function isLeasedToOther(row: Row, owner: string, now: number): boolean {
  return row["owner"] !== null && row["owner"] !== owner && (row["leased_until"] as number) > now;
}

/** By a newer write, or for the same revision: `queued_at` grows with each. */
function isQueuedAgain(row: Row, { revision, queuedAt }: OutboxEntry): boolean {
  return compareRevisions(revisionOf(row), revision) > 0 || (row["queued_at"] as number) > queuedAt;
}

function toEntry(row: Row): OutboxEntry {
  const error = row["error"] as string | null;
  return {
    scope: row["scope"] as string,
    id: row["id"] as string,
    revision: revisionOf(row),
    attempts: row["attempts"] as number,
    queuedAt: row["queued_at"] as number,
    ...(error !== null && { lastError: error }),
  };
}
