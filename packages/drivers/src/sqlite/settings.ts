import { canonicalJson, checkKey, type JsonObject, type StoreSettings } from "@palimpsest/core";
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
    options: { ifAbsent?: boolean } = {},
  ): Promise<JsonObject> {
    checkKey({ scope: "", id: name });
    const json = canonicalJson(value);
    return this.#connection.transaction(() => {
      const existing = options.ifAbsent === true ? this.#read(name) : undefined;
      if (existing !== undefined) return existing;
      this.#connection
        .prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)")
        .run(name, json);
      return JSON.parse(json) as JsonObject;
    });
  }

  #read(name: string): JsonObject | undefined {
    const row = this.#connection.prepare("SELECT value FROM settings WHERE name = ?").get(name);
    return row === undefined ? undefined : (JSON.parse(row["value"] as string) as JsonObject);
  }
}
