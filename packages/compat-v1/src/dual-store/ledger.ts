import {
  type DocumentStore,
  type JsonObject,
  PalimpsestError,
  type StoreSettings,
} from "@palimpsest/core";
import { MemoryDocumentStore } from "@palimpsest/core/memory";
import { closedError } from "./arguments.ts";

/** Where revisions, tombstones and outbox entries lie: never in the older code's way. */
export interface LedgerSource {
  /** Whether one is there already; opening a family that was only read makes none. */
  exists(): Promise<boolean>;
  /** Opens it, creating it on first use. */
  open(): Promise<DocumentStore>;
  close(): Promise<void>;
}

/** Opens the ledger when it is first written to, or at once if an earlier process made one. */
export class Ledger {
  readonly settings: StoreSettings;
  readonly #source: LedgerSource;
  readonly #readOnly: boolean;
  /** Settings until there is a ledger. */
  readonly #waiting = new MemoryDocumentStore();
  readonly #names = new Set<string>();
  #opened: Promise<DocumentStore> | undefined;
  #known = false;
  #closed = false;

  constructor(source: LedgerSource, readOnly: boolean) {
    this.#source = source;
    this.#readOnly = readOnly;
    this.settings = {
      get: (name) => this.#getSetting(name),
      set: (name, value, options) => this.#setSetting(name, value, options),
    };
  }

  get readOnly(): boolean {
    return this.#readOnly;
  }

  /** @throws `E_READ_ONLY` */
  async toWrite(): Promise<DocumentStore> {
    if (this.#closed) throw closedError();
    if (this.#readOnly) {
      throw new PalimpsestError(
        "E_READ_ONLY",
        "the family is opened read-only; open it without `readOnly` to write",
      );
    }
    this.#opened ??= this.#open();
    return this.#opened;
  }

  /** @returns undefined while there is none: then every row is the older code's alone */
  async toRead(): Promise<DocumentStore | undefined> {
    if (this.#closed) throw closedError();
    if (this.#opened !== undefined) return this.#opened;
    if (this.#readOnly) return undefined;
    this.#known ||= await this.#source.exists();
    return this.#known ? this.toWrite() : undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#opened?.catch(() => undefined);
    await this.#source.close();
  }

  async #open(): Promise<DocumentStore> {
    try {
      const store = await this.#source.open();
      for (const name of this.#names) {
        const value = await this.#waiting.settings.get(name);
        if (value !== undefined) await store.settings.set(name, value, { ifAbsent: true });
      }
      return store;
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }

  async #getSetting(name: string): Promise<JsonObject | undefined> {
    const store = await this.toRead();
    return (store ?? this.#waiting).settings.get(name);
  }

  /** A setting alone creates nothing: it waits for the first write. */
  async #setSetting(
    name: string,
    value: JsonObject,
    options?: { readonly ifAbsent?: boolean; readonly ifEquals?: JsonObject },
  ): Promise<JsonObject> {
    const store = await this.toRead();
    if (store === undefined) this.#names.add(name);
    return (store ?? this.#waiting).settings.set(name, value, options);
  }
}
