import {
  checkKey,
  type CallOptions,
  type ClaimOptions,
  type Clock,
  type DocumentKey,
  type Outbox,
  type OutboxEntry,
  type OutboxStats,
} from "@palimpsest/core";
import { checkCount } from "../shared/arguments.ts";
import { arrayLiteral } from "./array-literal.ts";
import type { Connection, Row } from "./connection.ts";
import { revisionOf } from "./document-rows.ts";
import type { Tables } from "./tables.ts";

const columns = "o.scope, o.id, o.epoch, o.counter, o.attempts, o.queued_at, o.error";
const claimed =
  "unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[]) AS e (scope, id, epoch, counter, queued_at)";
/** Queued again since the entry was claimed: then only the lease is given up. */
const moved = "((o.epoch, o.counter) > (e.epoch, e.counter) OR o.queued_at > e.queued_at)";
const held = `FROM ${claimed}
  WHERE o.scope = e.scope AND o.id = e.id AND o.owner = $1::text AND NOT o.quarantined`;

/** Keeps the newest revision per id: whoever indexes reads the present document. */
export class PostgresOutbox implements Outbox {
  readonly #connection: Connection;
  readonly #table: string;
  readonly #documents: string;
  readonly #clock: Clock;

  constructor(connection: Connection, tables: Tables, clock: Clock) {
    this.#connection = connection;
    this.#table = tables.outbox;
    this.#documents = tables.documents;
    this.#clock = clock;
  }

  async claim(options: ClaimOptions): Promise<OutboxEntry[]> {
    checkCount(options.limit, "limit", 0);
    checkCount(options.leaseMs, "leaseMs", 1);
    for (const key of options.keys ?? []) checkKey(key);
    const now = this.#clock.now();
    const values: unknown[] = [options.owner, now + options.leaseMs, now, options.limit];
    const free = `NOT o.quarantined
      AND (o.owner IS NULL OR o.owner = $1::text OR o.leased_until <= $3::bigint)`;
    let chosen = `SELECT o.scope, o.id FROM ${this.#table} o WHERE ${free} AND o.due_at <= $3::bigint
      ORDER BY o.queued_at, o.scope, o.id LIMIT $4::bigint FOR UPDATE SKIP LOCKED`;
    if (options.keys !== undefined) {
      // In key order and waiting, so that a writer in passing does not make the entry look leased.
      chosen = `SELECT o.scope, o.id FROM ${this.#table} o WHERE ${free} AND (o.scope, o.id) IN
        (SELECT * FROM unnest($5::text[], $6::text[])) ORDER BY o.scope, o.id LIMIT $4::bigint FOR UPDATE`;
      values.push(...keyArrays(options.keys));
    }
    const sql = `WITH chosen AS MATERIALIZED (${chosen})
      UPDATE ${this.#table} o SET owner = $1::text, leased_until = $2::bigint FROM chosen
      WHERE o.scope = chosen.scope AND o.id = chosen.id RETURNING ${columns}`;
    const rows = await this.#connection.query(sql, values, options);
    const entries = rows.map(toEntry);
    return entries.toSorted((a, b) => a.queuedAt - b.queuedAt);
  }

  async settle(
    owner: string,
    entries: readonly OutboxEntry[],
    options: CallOptions = {},
  ): Promise<void> {
    // Locking first shows both changes the same, newest revision.
    const sql = `WITH held AS MATERIALIZED (SELECT o.scope, o.id, ${moved} AS moved
        FROM ${this.#table} o, ${claimed}
        WHERE o.scope = e.scope AND o.id = e.id AND o.owner = $1::text AND NOT o.quarantined
        FOR UPDATE OF o),
      freed AS (UPDATE ${this.#table} o SET owner = NULL FROM held
        WHERE held.moved AND o.scope = held.scope AND o.id = held.id)
      DELETE FROM ${this.#table} o USING held
        WHERE NOT held.moved AND o.scope = held.scope AND o.id = held.id`;
    await this.#forEntries(sql, owner, entries, [], options);
  }

  async retryLater(
    owner: string,
    entries: readonly OutboxEntry[],
    failure: { readonly error: string; readonly retryAt: number },
    options: CallOptions = {},
  ): Promise<void> {
    const sql = `UPDATE ${this.#table} o SET owner = NULL,
      attempts = CASE WHEN ${moved} THEN o.attempts ELSE o.attempts + 1 END,
      error = CASE WHEN ${moved} THEN o.error ELSE $7::text END,
      due_at = CASE WHEN ${moved} THEN o.due_at ELSE $8::bigint END ${held}`;
    const values = [storable(failure.error), Math.round(failure.retryAt)];
    await this.#forEntries(sql, owner, entries, values, options);
  }

  async quarantine(
    owner: string,
    entries: readonly OutboxEntry[],
    error: string,
    options: CallOptions = {},
  ): Promise<void> {
    const sql = `UPDATE ${this.#table} o SET owner = NULL,
      attempts = CASE WHEN ${moved} THEN o.attempts ELSE o.attempts + 1 END,
      error = CASE WHEN ${moved} THEN o.error ELSE $7::text END, quarantined = NOT ${moved} ${held}`;
    await this.#forEntries(sql, owner, entries, [storable(error)], options);
  }

  async quarantined(
    options: CallOptions & { limit: number; after?: DocumentKey },
  ): Promise<OutboxEntry[]> {
    checkCount(options.limit, "limit", 0);
    if (options.after !== undefined) checkKey(options.after);
    const { scope, id } = options.after ?? { scope: "", id: "" };
    const sql = `SELECT ${columns} FROM ${this.#table} o
      WHERE o.quarantined AND (o.scope, o.id) > ($1::text, $2::text)
      ORDER BY o.scope, o.id LIMIT $3::bigint`;
    const rows = await this.#connection.query(sql, [scope, id, options.limit], options);
    return rows.map(toEntry);
  }

  async enqueue(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    for (const key of keys) checkKey(key);
    const sql = `INSERT INTO ${this.#table} AS o (scope, id, epoch, counter, queued_at, due_at)
      SELECT d.scope, d.id, d.epoch, d.counter, $1::bigint, $1::bigint FROM ${this.#documents} d
        WHERE d.state < 2 AND (d.scope, d.id) IN (SELECT * FROM unnest($2::text[], $3::text[]))
        ORDER BY d.scope, d.id
      ON CONFLICT (scope, id) DO UPDATE SET epoch = excluded.epoch, counter = excluded.counter,
        attempts = 0, queued_at = greatest(excluded.queued_at, o.queued_at + 1),
        due_at = excluded.due_at, quarantined = FALSE, error = NULL`;
    await this.#connection.query(sql, [this.#clock.now(), ...keyArrays(keys)], options);
  }

  async stats(options: CallOptions = {}): Promise<OutboxStats> {
    const sql = `SELECT count(*) FILTER (WHERE NOT quarantined) AS pending,
      count(*) FILTER (WHERE quarantined) AS quarantined,
      min(queued_at) FILTER (WHERE NOT quarantined) AS oldest FROM ${this.#table}`;
    const [row] = await this.#connection.query(sql, [], options);
    const oldest = row?.["oldest"] ?? null;
    return {
      pending: Number(row?.["pending"]),
      quarantined: Number(row?.["quarantined"]),
      oldest: oldest === null ? undefined : Number(oldest),
    };
  }

  async #forEntries(
    sql: string,
    owner: string,
    entries: readonly OutboxEntry[],
    values: readonly unknown[],
    options: CallOptions,
  ): Promise<void> {
    const sorted = entries.toSorted((a, b) => (a.scope + a.id < b.scope + b.id ? -1 : 1));
    const epochs = arrayLiteral(sorted.map(({ revision }) => revision.epoch));
    const counters = arrayLiteral(sorted.map(({ revision }) => revision.counter));
    const queued = arrayLiteral(sorted.map(({ queuedAt }) => queuedAt));
    const parameters = [owner, ...keyArrays(sorted), epochs, counters, queued, ...values];
    await this.#connection.query(sql, parameters, options);
  }
}

/** Keys as two array parameters. */
export function keyArrays(keys: readonly DocumentKey[]): [scopes: string, ids: string] {
  return [arrayLiteral(keys.map(({ scope }) => scope)), arrayLiteral(keys.map(({ id }) => id))];
}

/** Reasons come from anywhere, and PostgreSQL refuses U+0000. */
function storable(error: string): string {
  return error.toWellFormed().replaceAll("\0", "\ufffd");
}

function toEntry(row: Row): OutboxEntry {
  const error = row["error"] as string | null;
  return {
    scope: row["scope"] as string,
    id: row["id"] as string,
    revision: revisionOf(row),
    attempts: Number(row["attempts"]),
    queuedAt: Number(row["queued_at"]),
    ...(error !== null && { lastError: error }),
  };
}
