import type { StoreSettings } from "../document-store.ts";
import { PalimpsestError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { parseJsonText } from "../json-text.ts";
import { canonicalJson, checkKey } from "../seal.ts";

/** Settings as JSON texts, so nothing is shared with callers. */
export class MemorySettings implements StoreSettings {
  readonly #values = new Map<string, string>();
  readonly #checkOpen: () => void;

  constructor(checkOpen: () => void) {
    this.#checkOpen = checkOpen;
  }

  async get(name: string): Promise<JsonObject | undefined> {
    this.#checkOpen();
    checkKey({ scope: "", id: name });
    const value = this.#values.get(name);
    return value === undefined ? undefined : parse(value);
  }

  async set(
    name: string,
    value: JsonObject,
    options: { readonly ifAbsent?: boolean; readonly ifEquals?: JsonObject } = {},
  ): Promise<JsonObject> {
    this.#checkOpen();
    checkKey({ scope: "", id: name });
    const json = canonicalJson(value);
    const present = this.#values.get(name);
    if (options.ifEquals !== undefined && canonicalJson(options.ifEquals) !== present) {
      throw new PalimpsestError(
        "E_CONFLICT",
        `the setting ${JSON.stringify(name)} was changed meanwhile; read it and decide again`,
      );
    }
    const stored = options.ifAbsent === true ? (present ?? json) : json;
    this.#values.set(name, stored);
    return parse(stored);
  }
}

function parse(json: string): JsonObject {
  return parseJsonText(json) as JsonObject;
}
