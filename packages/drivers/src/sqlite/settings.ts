import {
  canonicalJson,
  checkKey,
  type JsonObject,
  PalimpsestError,
  parseJsonText,
  type StoreSettings,
} from "@palimpsest/core";
import type { Connection } from "./connection.ts";

export class SqliteSettings implements StoreSettings {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async get(name: string): Promise<JsonObject | undefined> {
    checkKey({ scope: "", id: name });
    return this.#connection.read(() => this.#read(name));
  }

  async set(
    name: string,
    value: JsonObject,
    options: { readonly ifAbsent?: boolean; readonly ifEquals?: JsonObject } = {},
  ): Promise<JsonObject> {
    checkKey({ scope: "", id: name });
    const json = canonicalJson(value);
    const expected = options.ifEquals && canonicalJson(options.ifEquals);
    return this.#connection.transaction(() => {
      if (expected !== undefined) this.#compare(name, expected);
      const existing = options.ifAbsent === true ? this.#read(name) : undefined;
      if (existing !== undefined) return existing;
      this.#connection
        .prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)")
        .run(name, json);
      return parseJsonText(json) as JsonObject;
    });
  }

  #compare(name: string, expected: string): void {
    const present = this.#read(name);
    if (present !== undefined && canonicalJson(present) === expected) return;
    throw new PalimpsestError(
      "E_CONFLICT",
      `the setting ${JSON.stringify(name)} was changed meanwhile; read it and decide again`,
    );
  }

  #read(name: string): JsonObject | undefined {
    const row = this.#connection.prepare("SELECT value FROM settings WHERE name = ?").get(name);
    return row === undefined ? undefined : (parseJsonText(row["value"] as string) as JsonObject);
  }
}
