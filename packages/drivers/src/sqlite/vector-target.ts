import { describeKey, type DocumentKey, PalimpsestError } from "@palimpsest/core";
import type { IndexTarget, PreparedRecord } from "./record-writer.ts";
import { type CheckedVector, checkVector } from "../shared/vector-settings.ts";
import type { StoredIndex, VectorTable, VectorTables } from "./vector-tables.ts";

/**
 * Where the vectors of one write go. They are checked before its transaction; the index that is
 * active is only certain within it, and a vector made for another one is then left out.
 */
export class VectorTarget implements IndexTarget {
  readonly #tables: VectorTables;
  readonly #modelId: string | undefined;
  /** Another engine keeps the vectors. */
  readonly elsewhere: boolean;
  #index: StoredIndex | undefined;
  #isRead = false;

  /** @param modelId model of the vectors; undefined for the active index's */
  constructor(tables: VectorTables, modelId: string | undefined, elsewhere: boolean = false) {
    this.elsewhere = elsewhere;
    this.#tables = tables;
    this.#modelId = modelId;
  }

  get table(): VectorTable | undefined {
    return this.#index?.table;
  }

  /** @returns undefined for a vector of another model. @throws `E_DIMENSION_MISMATCH`, `E_INVALID_INPUT` */
  check(vector: Float32Array, key: DocumentKey): CheckedVector | undefined {
    if (this.elsewhere) return undefined;
    if (!this.#isRead) this.#index = this.#tables.activeNow();
    this.#isRead = true;
    const index = this.#index;
    if (this.#modelId !== undefined && this.#modelId !== index?.modelId) return undefined;
    if (index === undefined) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `the vector of ${describeKey(key)} has no index to go to; call openVectors first`,
      );
    }
    return checkVector(vector, index, () => `the vector of ${describeKey(key)}`);
  }

  /** Belongs into the write transaction. */
  settle<R extends PreparedRecord>(records: R[]): R[] {
    if (!this.#isRead || this.#tables.active()?.table === this.#index?.table) return records;
    return records.map((record) => ({ ...record, vector: undefined }));
  }
}
