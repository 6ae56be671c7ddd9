import {
  canonicalJson,
  checkKey,
  type JsonObject,
  PalimpsestError,
  parseJsonText,
  type StoreSettings,
} from "@palimpsest/core";
import type { Connection, Row } from "./connection.ts";
import { activeSetting } from "./store-state.ts";
import type { Tables } from "./tables.ts";

export class PostgresSettings implements StoreSettings {
  readonly #connection: Connection;
  readonly #tables: Tables;

  constructor(connection: Connection, tables: Tables) {
    this.#connection = connection;
    this.#tables = tables;
  }

  async get(name: string): Promise<JsonObject | undefined> {
    checkKey({ scope: "", id: name });
    const sql = `SELECT value FROM ${this.#tables.settings} WHERE name = $1::text`;
    return valueOf(await this.#connection.query(sql, [name]));
  }

  async set(
    name: string,
    value: JsonObject,
    options: { readonly ifAbsent?: boolean; readonly ifEquals?: JsonObject } = {},
  ): Promise<JsonObject> {
    checkKey({ scope: "", id: name });
    const json = canonicalJson(value);
    const expected = options.ifEquals && canonicalJson(options.ifEquals);
    const { change, values } = this.#change(options.ifAbsent === true, expected);
    const sql = `WITH changed AS (${change})${this.#noticed(name)} SELECT value FROM changed`;
    const stored = valueOf(await this.#connection.query(sql, [name, json, ...values]));
    if (stored !== undefined) return stored;
    throw new PalimpsestError(
      "E_CONFLICT",
      `the setting ${JSON.stringify(name)} was changed meanwhile; read it and decide again`,
    );
  }

  #change(ifAbsent: boolean, expected: string | undefined): { change: string; values: string[] } {
    if (expected !== undefined) {
      const change = `UPDATE ${this.#tables.settings} s SET value = $2::text
        WHERE s.name = $1::text AND s.value = $3::text RETURNING s.value`;
      return { change, values: [expected] };
    }
    // The update that changes nothing returns what is there, also when another call has just put it there.
    const kept = ifAbsent ? "s.value" : "excluded.value";
    const change = `INSERT INTO ${this.#tables.settings} AS s (name, value) VALUES ($1::text, $2::text)
      ON CONFLICT (name) DO UPDATE SET value = ${kept} RETURNING s.value`;
    return { change, values: [] };
  }

  /** Writers must learn of another active index before they next write. */
  #noticed(name: string): string {
    if (name !== activeSetting) return "";
    return `, noticed AS (UPDATE ${this.#tables.store} SET generation = generation + 1
      WHERE EXISTS (SELECT FROM changed))`;
  }
}

function valueOf([row]: Row[]): JsonObject | undefined {
  return row === undefined ? undefined : (parseJsonText(row["value"] as string) as JsonObject);
}
