import {
  canonicalJson,
  checkKey,
  type JsonObject,
  PalimpsestError,
  type StoreSettings,
} from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { isDuplicateKey } from "./mongodb-errors.ts";
import { parseMetadata } from "./record.ts";

export class MongodbSettings implements StoreSettings {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async get(name: string): Promise<JsonObject | undefined> {
    const _id = settingId(name);
    return this.#connection.run(undefined, async () => {
      const found = await this.#connection.control.findOne({ _id });
      return found?.value === undefined ? undefined : parseMetadata(found.value);
    });
  }

  async set(
    name: string,
    value: JsonObject,
    options: { readonly ifAbsent?: boolean; readonly ifEquals?: JsonObject } = {},
  ): Promise<JsonObject> {
    const _id = settingId(name);
    const json = canonicalJson(value);
    if (options.ifEquals !== undefined) await this.#replace(_id, options.ifEquals, json);
    else return this.#upsert(_id, json, options.ifAbsent === true);
    return parseMetadata(json);
  }

  async #replace(_id: string, expected: JsonObject, json: string): Promise<void> {
    const filter = { _id, value: canonicalJson(expected) };
    const { matchedCount } = await this.#connection.run(undefined, () =>
      this.#connection.control.updateOne(filter, { $set: { value: json } }),
    );
    if (matchedCount === 1) return;
    throw new PalimpsestError(
      "E_CONFLICT",
      `the ${_id} is not what was expected; read it and decide again`,
    );
  }

  async #upsert(_id: string, json: string, ifAbsent: boolean): Promise<JsonObject> {
    const update = { [ifAbsent ? "$setOnInsert" : "$set"]: { value: json } };
    return this.#connection.run(undefined, async () => {
      for (;;) {
        try {
          const stored = await this.#connection.control.findOneAndUpdate({ _id }, update, {
            upsert: true,
            returnDocument: "after",
          });
          return parseMetadata(stored?.value ?? json);
        } catch (error) {
          // Two first settings at once; the name exists now.
          if (!isDuplicateKey(error)) throw error;
        }
      }
    });
  }
}

function settingId(name: string): string {
  checkKey({ scope: "", id: name });
  return `setting:${name}`;
}
