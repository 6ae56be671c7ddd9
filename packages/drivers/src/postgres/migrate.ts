import { PalimpsestError } from "@palimpsest/core";
import type { Connection, Run } from "./connection.ts";
import { lockKey } from "./identifiers.ts";
import { migrations, schemaVersion } from "./schema.ts";
import type { Tables } from "./tables.ts";

/**
 * Brings the tables to this version's format. Any number of processes may do it at once: one works,
 * the others wait for it.
 * @throws `E_UNSUPPORTED` for a newer format, or tables that are not ours
 */
export async function migrate(
  connection: Connection,
  tables: Tables,
  mustExist: boolean,
): Promise<void> {
  const format = await readFormat((text, values) => connection.query(text, values), tables);
  if (format === undefined && mustExist) {
    throw new PalimpsestError(
      "E_NOT_FOUND",
      `${connection.label} has no store in schema ${tables.schema}; check the address and the schema`,
    );
  }
  if (format === schemaVersion) return;
  refuseNewer(format, connection.label);
  await connection.transaction(async (run) => {
    await run("SELECT pg_advisory_xact_lock($1::bigint)", [lockKey(`migrate:${tables.schema}`)]);
    const present = await readFormat(run, tables);
    refuseNewer(present, connection.label);
    // CREATE SCHEMA asks for a right on the database even when the schema is there.
    if (present === undefined) await createSchema(run, tables);
    for (const step of migrations.slice(present ?? 0)) {
      for (const statement of step(tables)) await run(statement);
    }
    if (present !== schemaVersion)
      await run(`UPDATE ${tables.store} SET format = $1`, [schemaVersion]);
  });
}

async function createSchema(run: Run, tables: Tables): Promise<void> {
  const rows = await run("SELECT 1 FROM pg_namespace WHERE nspname = $1::text", [tables.name]);
  if (rows.length === 0) await run(`CREATE SCHEMA ${tables.schema}`);
}

/** @returns undefined when there are no tables of ours */
async function readFormat(run: Run, tables: Tables): Promise<number | undefined> {
  // Not to_regclass: it may answer from a cache of before the wait for the lock.
  const sql = `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1::text AND c.relname = 'store'`;
  if ((await run(sql, [tables.name])).length === 0) return undefined;
  const [row] = await run(`SELECT format FROM ${tables.store}`);
  return row === undefined ? undefined : Number(row["format"]);
}

function refuseNewer(format: number | undefined, label: string): void {
  if (format === undefined || format <= schemaVersion) return;
  throw new PalimpsestError(
    "E_UNSUPPORTED",
    `${label} has store format ${format}, this version knows ${schemaVersion}; update @palimpsest/drivers`,
  );
}
