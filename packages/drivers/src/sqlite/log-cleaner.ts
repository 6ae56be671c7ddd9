import type { Connection } from "./connection.ts";

/** How long erased content may stay in the write-ahead log, milliseconds. */
const delay = 1000;

/**
 * Empties the write-ahead log after deletions. The tables overwrite what they delete, but the log
 * keeps copies of old pages until it is written back.
 */
export class LogCleaner {
  readonly #connection: Connection;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Something was deleted or replaced: the log is emptied soon. */
  mark(): void {
    this.#timer ??= setTimeout(() => this.#run(), delay).unref();
  }

  /** @returns false while another connection still reads an older state */
  clean(): boolean {
    const row = this.#connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    if (row?.["busy"] !== 0) return false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return true;
  }

  /** The last of all connections empties the log by closing; with others open it is done here. */
  close(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.clean();
  }

  #run(): void {
    this.#timer = undefined;
    if (this.#connection.isOpen && !this.clean()) this.mark();
  }
}
