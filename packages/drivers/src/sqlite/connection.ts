import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { PalimpsestError, throwIfAborted } from "@palimpsest/core";
import { isWritable } from "./inspect-file.ts";
import { isBusy, toPalimpsestError } from "./sqlite-errors.ts";

export interface ConnectionOptions {
  readonly path: string;
  readonly readOnly: boolean;
  /** Milliseconds to wait for other processes' write transactions. */
  readonly lockTimeout: number;
}

/** Something that a rolled-back transaction must forget, or a committed one must write last. */
export interface TransactionPart {
  beforeCommit(): void;
  afterRollback(): void;
}

/**
 * One SQLite handle with cached statements. A transaction's work is synchronous, so calls of one
 * process never interleave within one; between processes SQLite's own lock orders them.
 */
export class Connection {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #lockTimeout: number;
  readonly #statements = new Map<string, StatementSync>();
  readonly #parts: TransactionPart[] = [];

  constructor(options: ConnectionOptions) {
    this.path = options.path;
    this.#lockTimeout = options.lockTimeout;
    // The short synchronous wait blocks the event loop; longer waits go through a timer.
    this.#db = this.#mapped(
      () =>
        new DatabaseSync(location(options), {
          readOnly: options.readOnly,
          timeout: 20,
          allowExtension: true,
        }),
    );
  }

  get isOpen(): boolean {
    return this.#db.isOpen;
  }

  /** Joins every transaction from now on. */
  enlist(part: TransactionPart): void {
    this.#parts.push(part);
  }

  /** A cached prepared statement. `sql` must be a constant of this package, never built from input. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      this.checkOpen();
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Unlike the calls below, `prepare` and this throw SQLite's own errors. */
  exec(sql: string): void {
    this.checkOpen();
    this.#db.exec(sql);
  }

  loadExtension(file: string): void {
    this.#db.enableLoadExtension(true);
    try {
      this.#db.loadExtension(file);
    } finally {
      this.#db.enableLoadExtension(false);
    }
  }

  /** Runs `work` on one snapshot. */
  read<T>(work: () => T): T {
    this.checkOpen();
    return this.#mapped(() => {
      this.#db.exec("BEGIN");
      try {
        return work();
      } finally {
        this.#db.exec("COMMIT");
      }
    });
  }

  /**
   * Runs `work` in an immediate write transaction; throwing rolls everything back.
   * @param beforeWaiting called once, before the call first gives way to others
   */
  async transaction<T>(
    work: () => T,
    signal?: AbortSignal,
    beforeWaiting?: () => void,
  ): Promise<T> {
    return this.retryWhileBusy(() => this.#attempt(work), signal, beforeWaiting);
  }

  /** Repeats `attempt` while another connection is in the way. @throws `E_LOCKED` after `lockTimeout` */
  async retryWhileBusy<T>(
    attempt: () => T,
    signal?: AbortSignal,
    beforeWaiting?: () => void,
  ): Promise<T> {
    const deadline = Date.now() + this.#lockTimeout;
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      throwIfAborted(signal);
      this.checkOpen();
      try {
        return attempt();
      } catch (error) {
        if (!isBusy(error) || Date.now() >= deadline) throw toPalimpsestError(error, this.path);
      }
      if (pause === 1) beforeWaiting?.();
      // Jitter keeps processes that collided from colliding again.
      await wait(pause * (0.5 + Math.random()));
    }
  }

  close(): void {
    if (!this.#db.isOpen) return;
    this.#statements.clear();
    this.#db.close();
  }

  #attempt<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      for (const part of this.#parts) part.beforeCommit();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      // A full disk may have ended the transaction already.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      for (const part of this.#parts) part.afterRollback();
      throw error;
    }
  }

  /** @throws `E_CLOSED` */
  checkOpen(): void {
    if (!this.#db.isOpen) {
      throw new PalimpsestError("E_CLOSED", `${this.path} was closed; open it again`);
    }
  }

  #mapped<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toPalimpsestError(error, this.path);
    }
  }
}

/** Where SQLite cannot keep its log, a file without one is safe to read as it stands. */
function location({ path, readOnly }: ConnectionOptions): string | URL {
  if (!readOnly || isWritable(dirname(path)) || existsSync(`${path}-wal`)) return path;
  return new URL(`${pathToFileURL(path).href}?immutable=1`);
}
