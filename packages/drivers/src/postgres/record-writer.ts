import { isPalimpsestError, PalimpsestError, throwIfAborted } from "@palimpsest/core";
import type { Connection, Row, Run } from "./connection.ts";
import { keyString } from "./document-rows.ts";
import { batches, itemParameters, type PreparedRecord } from "./record-batch.ts";
import type { StoreRow, StoreState } from "./store-state.ts";
import type { Tables } from "./tables.ts";
import { type WriteStatements, writeStatements } from "./write-statements.ts";

export interface WriteCall {
  readonly statement: keyof WriteStatements;
  /** Records for the store as it is; called again when that changed. */
  readonly prepare: (store: StoreRow) => readonly PreparedRecord[];
  /** Fails with `E_FENCED` when the fence is above it. */
  readonly epoch: number;
  /** When missing vectors are asked for, epoch milliseconds. */
  readonly now: number;
  readonly signal: AbortSignal | undefined;
}

/** Revision counters of what was written, per batch by `keyString`. */
export type Written = readonly ReadonlyMap<string, number>[];

export interface WriteOutcome {
  readonly batches: readonly (readonly PreparedRecord[])[];
  readonly written: Written;
}

/** What a write must know moves rarely: when vectors are opened for the first time, or models change. */
const attempts = 5;
const fewRecords = 8;

/** Writes records with their index and outbox entries: one statement, or one transaction of several. */
export class RecordWriter {
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #store: StoreState;
  #statements: { for: number; texts: WriteStatements } | undefined;

  constructor(connection: Connection, tables: Tables, store: StoreState) {
    this.#connection = connection;
    this.#tables = tables;
    this.#store = store;
  }

  /** @throws `E_FENCED`, `E_REVISION_COLLISION`; nothing is written then */
  async write(call: WriteCall): Promise<WriteOutcome> {
    throwIfAborted(call.signal);
    let store = await this.#store.known(call.signal);
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const parts = batches(call.prepare(store));
      if (parts.length === 0) return { batches: parts, written: [] };
      const written = await this.#attempt(call, parts, store);
      if (written !== undefined) return { batches: parts, written };
      store = await this.#store.read(call.signal);
      checkFence(call.epoch, store.fence);
    }
    throw new PalimpsestError(
      "E_LOCKED",
      `${this.#connection.label} kept changing its indexes; repeat the call`,
    );
  }

  /** @returns undefined when the fence is higher, or the store has changed since it was read */
  async #attempt(
    call: WriteCall,
    parts: readonly PreparedRecord[][],
    store: StoreRow,
  ): Promise<Written | undefined> {
    const text = this.#textsFor(store)[call.statement];
    const head = [call.epoch, store.generation, call.now];
    const send = async (run: Run, part: PreparedRecord[]): Promise<Row[]> =>
      run(text, [...head, ...itemParameters(part)]);
    const [only] = parts;
    try {
      if (parts.length === 1 && only !== undefined) {
        // A plan kept for any number of records expects few, and joins many one by one with each other.
        const options = { signal: call.signal, dynamic: only.length > fewRecords };
        const run: Run = (sql, values) => this.#connection.query(sql, values, options);
        const rows = await send(run, only);
        return rows.length === 0 ? undefined : [countersOf(rows)];
      }
      return await this.#connection.transaction(
        (run) => sendAll(parts, (part) => send(run, part)),
        call.signal,
      );
    } catch (error) {
      // The table of an index that was dropped since: the statement could not even be planned.
      if (isPalimpsestError(error, "E_NOT_FOUND")) return undefined;
      throw error;
    }
  }

  #textsFor(store: StoreRow): WriteStatements {
    if (this.#statements?.for !== store.generation) {
      this.#statements = { for: store.generation, texts: writeStatements(this.#tables, store) };
    }
    return this.#statements.texts;
  }
}

async function sendAll(
  parts: readonly PreparedRecord[][],
  send: (part: PreparedRecord[]) => Promise<Row[]>,
): Promise<Written | undefined> {
  const written: Map<string, number>[] = [];
  for (const part of parts) {
    const rows = await send(part);
    // The first statement's lock keeps the answer the same for the others.
    if (rows.length === 0) return undefined;
    written.push(countersOf(rows));
  }
  return written;
}

function checkFence(epoch: number, fence: number): void {
  if (epoch >= fence) return;
  throw new PalimpsestError(
    "E_FENCED",
    `a write of epoch ${epoch} is below the fence ${fence}; another writer took over, reopen the store`,
  );
}

function countersOf(rows: readonly Row[]): Map<string, number> {
  const counters = new Map<string, number>();
  for (const row of rows) {
    if (row["scope"] === null) continue;
    const key = { scope: row["scope"] as string, id: row["id"] as string };
    counters.set(keyString(key), Number(row["counter"]));
  }
  return counters;
}
