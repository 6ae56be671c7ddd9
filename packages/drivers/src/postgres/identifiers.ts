import { hash } from "node:crypto";
import { PalimpsestError } from "@palimpsest/core";

/** @throws `E_INVALID_INPUT` for a name that PostgreSQL would cut off or could not hold */
export function checkSchemaName(name: string): void {
  if (typeof name === "string" && /^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)) {
    if (!name.toLowerCase().startsWith("pg_")) return;
  }
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    "schema must be 1 to 63 letters, digits and `_`, not starting with a digit or `pg_`",
  );
}

/** Quoted, so that no name is ever read as SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A 64-bit advisory lock key, as the text of a bigint. */
export function lockKey(name: string): string {
  const digest = hash("sha256", `palimpsest:${name}`, "buffer");
  return digest.readBigInt64BE(0).toString();
}
