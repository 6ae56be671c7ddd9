import { DatabaseSync } from "node:sqlite";
import { PalimpsestError } from "@palimpsest/core";
import { createTempFolder, type TempFolder } from "../temp-folder.ts";
import type { Cell, LuminoraRow } from "./row.ts";
import { isMigrationLog, type LuminoraSchema, recognizeTable, type TableShape } from "./schema.ts";
import { copySource } from "./source-copy.ts";

export interface LuminoraTable {
  readonly name: string;
  readonly rows: number;
  readonly shape: TableShape;
  readonly columns: readonly string[];
}

/** A v1 database read from a private copy. Dispose it to remove the copy. */
export interface LuminoraSource extends Disposable {
  /** `"mixed"` when tables of both layouts are in one file. */
  readonly schema: LuminoraSchema | "mixed";
  /** Recognised tables, by name. */
  readonly tables: readonly LuminoraTable[];
  /** Tables that are none of v1's, with their number of rows (-1 if unknown); they are not imported. */
  readonly unknownTables: Readonly<Record<string, number>>;
  /** Every row of every recognised table, in a stable order. */
  rows(): Iterable<LuminoraRow>;
}

/**
 * Opens a LuminoraCore v1 SQLite database without touching it.
 * @throws `E_NOT_FOUND`, `E_INVALID_INPUT` (no SQLite file), `E_CORRUPT`, `E_UNSUPPORTED` (no v1
 * table), `E_UNAVAILABLE` (no permission), `E_LOCKED` (keeps changing), `E_FULL`
 */
export async function openLuminora(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<LuminoraSource> {
  const folder = createTempFolder();
  try {
    const copy = await copySource(path, folder.path, options);
    return openCopy(path, copy, folder);
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

function openCopy(path: string, copy: string, folder: TempFolder): LuminoraSource {
  const database = new DatabaseSync(copy, { allowExtension: false });
  try {
    checkIntegrity(database, path);
    const { tables, unknownTables } = listTables(database, path);
    const decode = decoderOf(database);
    let open = true;
    const schemas = new Set(tables.map((table) => table.shape.schema));
    return {
      schema: schemas.size > 1 ? "mixed" : (tables[0]?.shape.schema ?? "sdk"),
      tables,
      unknownTables,
      *rows() {
        for (const table of tables) yield* rowsOf(database, table, decode);
      },
      [Symbol.dispose]() {
        if (open) database.close();
        open = false;
        folder[Symbol.dispose]();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Broken NOT NULL and CHECK promises are a matter of single rows, not of a damaged file. */
const rowMatter = /^(?:NULL value in |CHECK constraint failed in |non-\w+ value in |\w+ value in )/;

function checkIntegrity(database: DatabaseSync, path: string): void {
  let problems: unknown[];
  try {
    problems = database
      .prepare("PRAGMA quick_check(1000)")
      .all()
      .map((row) => row["quick_check"]);
  } catch (cause) {
    throw corrupt(path, cause);
  }
  const damaged = problems.some((problem) => problem !== "ok" && !rowMatter.test(String(problem)));
  if (damaged) throw corrupt(path);
}

function corrupt(path: string, cause?: unknown): PalimpsestError {
  return new PalimpsestError(
    "E_CORRUPT",
    `${path} is damaged or cut off; restore it from a backup, or recover it with \`sqlite3 FILE .recover\` and import the result`,
    { cause },
  );
}

function listTables(
  database: DatabaseSync,
  path: string,
): Pick<LuminoraSource, "tables" | "unknownTables"> {
  const tables: LuminoraTable[] = [];
  const unknownTables: Record<string, number> = {};
  const names = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
    .map((row) => String(row["name"]))
    .filter((name) => !name.startsWith("sqlite_"));
  for (const name of names) {
    const columns = database
      .prepare("SELECT name FROM pragma_table_info(?) ORDER BY cid")
      .all(name)
      .map((row) => String(row["name"]));
    if (isMigrationLog(columns)) continue;
    const shape = recognizeTable(columns);
    if (shape) tables.push({ name, rows: countRows(database, name), shape, columns });
    else unknownTables[name] = countUnknown(database, name);
  }
  if (tables.length === 0) throw unknownSchema(path, names);
  return { tables, unknownTables };
}

function unknownSchema(path: string, names: readonly string[]): PalimpsestError {
  const seen =
    names.length === 0
      ? "it has no tables"
      : `its tables are ${names
          .slice(0, 20)
          .map((name) => JSON.stringify(name))
          .join(", ")}`;
  return new PalimpsestError(
    "E_UNSUPPORTED",
    `${path} is no LuminoraCore v1 database: ${seen}; give a database written by FlexibleSQLiteStorageV11 or by migration 001`,
  );
}

function countRows(database: DatabaseSync, name: string): number {
  const row = database.prepare(`SELECT count(*) AS rows FROM ${quoted(name)}`).get();
  return Number(row?.["rows"]);
}

/** @returns -1 for what cannot be counted here: a virtual table whose module is missing */
function countUnknown(database: DatabaseSync, name: string): number {
  try {
    return countRows(database, name);
  } catch {
    return -1;
  }
}

/** Identifiers cannot be bound as parameters. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

type Decode = (bytes: Uint8Array) => string | undefined;

/** Node would replace invalid bytes in silence, so texts are read as bytes and decoded strictly. */
function decoderOf(database: DatabaseSync): Decode {
  const row = database.prepare("PRAGMA encoding").get();
  const decoder = new TextDecoder(String(row?.["encoding"] ?? "UTF-8").toLowerCase(), {
    fatal: true,
    ignoreBOM: true,
  });
  return (bytes) => {
    try {
      return decoder.decode(bytes);
    } catch {
      return undefined;
    }
  };
}

function* rowsOf(
  database: DatabaseSync,
  table: LuminoraTable,
  decode: Decode,
): Generator<LuminoraRow> {
  const fields = table.columns.map((column, i) => {
    const name = quoted(column);
    return `typeof(${name}) AS t${i}, CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END AS c${i}`;
  });
  const statement = database.prepare(`SELECT ${fields.join(", ")} FROM ${quoted(table.name)}`);
  statement.setReadBigInts(true);
  let position = 0;
  for (const record of statement.iterate()) {
    position++;
    const cells = new Map<string, Cell>();
    const undecodable: string[] = [];
    table.columns.forEach((column, i) => {
      const cell = record[`c${i}`] as Cell;
      const value =
        record[`t${i}`] === "text" ? decode((cell ?? new Uint8Array()) as Uint8Array) : cell;
      if (value === undefined) undecodable.push(column);
      else cells.set(column, value);
    });
    yield {
      table: table.name,
      shape: table.shape,
      row: rowName(cells, position),
      cells,
      undecodable,
    };
  }
}

function rowName(cells: ReadonlyMap<string, Cell>, position: number): string | number {
  const id = cells.get("id");
  if (typeof id === "string" && /^[0-9a-f]{32}$/.test(id)) return id;
  return typeof id === "bigint" ? Number(id) : position;
}
