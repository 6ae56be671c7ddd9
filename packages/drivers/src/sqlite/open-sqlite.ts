import { resolve } from "node:path";
import { type Clock, PalimpsestError, systemClock } from "@palimpsest/core";
import { Connection } from "./connection.ts";
import { restoredByJournal } from "./hot-journal.ts";
import { inspectFile } from "./inspect-file.ts";
import { type ExtensionPath, loadVectorExtension } from "./load-extension.ts";
import { ScanClient } from "./scan-client.ts";
import { checkSchema, isEmpty, prepareSchema } from "./schema.ts";
import { isHalfWritten, toPalimpsestError } from "./sqlite-errors.ts";
import { SqliteEngine } from "./sqlite-engine.ts";

export interface SqliteOptions {
  /** The store's file; its folder must exist. SQLite keeps `-wal` and `-shm` files beside it while open. */
  readonly path: string;
  /** @defaultValue the system's clock */
  readonly clock?: Clock;
  /** Refuses every write. @defaultValue false */
  readonly readOnly?: boolean;
  /** Refuses to create the file. @defaultValue false */
  readonly mustExist?: boolean;
  /** Told in one sentence when something works in a weaker or slower way. */
  readonly onWarning?: (message: string) => void;
  /** Milliseconds to wait for other processes' writes before `E_LOCKED`. @defaultValue 10,000 */
  readonly lockTimeout?: number;
  /**
   * `"power"`: an acknowledged write survives power loss. `"process"`: it survives the death of any
   * process but the last ones may go with the machine's power. @defaultValue `"power"`
   */
  readonly durability?: "power" | "process";
  /**
   * Entries that a query may scan on the calling thread; larger scans go to a worker thread.
   * @defaultValue 400
   */
  readonly inlineLimit?: number;
  /** Bytes of memory for the worker's copies of vectors. @defaultValue 512 MiB */
  readonly cacheBytes?: number;
  /** Loads sqlite-vec; false scans in JavaScript with the same results. @defaultValue true */
  readonly useExtension?: boolean;
  /** Module of the worker thread, for bundlers that move it. @defaultValue the one beside this package's code */
  readonly workerFile?: URL;
  /** Finds sqlite-vec's file. @defaultValue the one of the installed package */
  readonly extensionPath?: ExtensionPath;
}

/**
 * Opens a store file, creating it when it is absent.
 * @throws `E_NOT_FOUND`, `E_INVALID_INPUT`, `E_UNSUPPORTED`, `E_CORRUPT`, `E_READ_ONLY`, `E_LOCKED`,
 * `E_FULL` or `E_UNAVAILABLE`, each naming the path and the remedy
 */
export async function openSqlite(options: SqliteOptions): Promise<SqliteEngine> {
  const { readOnly = false, mustExist = false, useExtension = true, clock = systemClock } = options;
  const { lockTimeout = 10_000, inlineLimit = 400, cacheBytes = 512 * 1024 * 1024 } = options;
  if (typeof options.path !== "string") {
    throw new PalimpsestError("E_INVALID_INPUT", "path must be a string naming the store's file");
  }
  const exists = inspectFile(options.path, { mustExist, readOnly });
  const path = resolve(options.path);
  if (exists) await refuseForeign(path, lockTimeout);
  const connection = new Connection({ path, readOnly, lockTimeout });
  try {
    await connection.retryWhileBusy(() => configure(connection, options));
    await prepareSchema(connection, readOnly);
    const hasExtension = useExtension && (await loadOrWarn(connection, options));
    const workerOptions = { path, lockTimeout, cacheBytes, useExtension: hasExtension };
    const { onWarning, workerFile: file } = options;
    const worker = new ScanClient({ worker: workerOptions, onWarning, file });
    return new SqliteEngine({ connection, clock, readOnly, hasExtension, worker, inlineLimit });
  } catch (error) {
    connection.close();
    throw toPalimpsestError(error, path);
  }
}

/** Looks with a read-only handle, because a writing one could change a foreign file by closing it. */
async function refuseForeign(path: string, lockTimeout: number, tries: number = 5): Promise<void> {
  const connection = new Connection({ path, readOnly: true, lockTimeout });
  try {
    await connection.retryWhileBusy(() => {
      if (!isEmpty(connection)) checkSchema(connection);
    });
  } catch (error) {
    if (!isHalfWritten(error)) throw error;
    const restored = restoredByJournal(path);
    // The first change to the file was never finished: the writing handle undoes it and begins anew.
    if (restored === "nothing") return;
    if (restored === "something" || tries === 1) throw error;
    // Somebody else has undone it meanwhile.
    return refuseForeign(path, lockTimeout, tries - 1);
  } finally {
    connection.close();
  }
}

async function loadOrWarn(
  connection: Connection,
  { extensionPath, onWarning }: SqliteOptions,
): Promise<boolean> {
  const failure = await loadVectorExtension(connection, extensionPath);
  if (failure !== undefined) {
    onWarning?.(
      `sqlite-vec cannot be loaded (${failure}); small scans run in JavaScript, slower with the same results`,
    );
  }
  return failure === undefined;
}

function configure(connection: Connection, { readOnly, durability }: SqliteOptions): void {
  if (readOnly === true) return;
  // Two 384-d vectors share a page, one of 1,024 spills over little; larger pages leave half unused.
  connection.exec("PRAGMA page_size = 4096");
  connection.exec("PRAGMA journal_mode = WAL");
  connection.exec(
    durability === "process" ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL",
  );
  connection.exec("PRAGMA secure_delete = ON");
}
