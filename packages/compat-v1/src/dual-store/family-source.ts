import { type JsonObject, PalimpsestError } from "@palimpsest/core";
import type { DocumentSource, ReadRecords, SourceRecord } from "@palimpsest/migration";
import type { Db } from "mongodb";
import type { LegacyChromaCollection } from "./chroma-collection.ts";
import { chromaError } from "./chroma-errors.ts";
import {
  importedOlder,
  importedOrphan,
  importedRow,
  importedSystem,
  type VectorEntry,
} from "./imported-document.ts";
import { type FamilyKeys, type LegacyRow, rowId } from "./legacy-row.ts";

export interface FamilySourceOptions {
  readonly database: Db;
  readonly family: string;
  readonly keys: FamilyKeys;
  /** Undefined where the family has no vectors. */
  readonly collection: LegacyChromaCollection | undefined;
  /** The vector server in messages, without credentials. */
  readonly label: string;
}

/** Part of a plan's identity: a changed conversion must not resume an older one's plan. */
const conversionVersion = 1;
const vectorPage = 1_000;

/** All rows of a family, then the vectors that none of them explains. Reads only. */
export class FamilySource implements DocumentSource {
  readonly identity: JsonObject;
  readonly mark: DocumentSource["mark"];
  readonly older: DocumentSource["older"] = importedOlder;
  readonly total: number;
  /** Vectors read, with a document and without. */
  vectors: number = 0;
  readonly #options: FamilySourceOptions;

  private constructor(options: FamilySourceOptions, total: number) {
    const { family, keys } = options;
    this.#options = options;
    this.total = total;
    this.identity = { system: importedSystem, conversionVersion, family, ...keys };
    this.mark = {
      op: "and",
      filters: [
        { op: "eq", path: ["v1", "system"], value: importedSystem },
        { op: "eq", path: ["v1", "family"], value: family },
      ],
    };
  }

  static async open(options: FamilySourceOptions): Promise<FamilySource> {
    return new FamilySource(options, await rowsOf(options).estimatedDocumentCount());
  }

  async *records(read: ReadRecords): AsyncGenerator<SourceRecord> {
    const { keys, family } = this.#options;
    this.vectors = 0;
    // By `_id`: a scan in storage order may meet a row twice that is rewritten meanwhile.
    const rows = rowsOf(this.#options).find().sort({ _id: 1 });
    for await (const row of rows) yield importedRow(row, keys, family);
    for await (const page of this.#vectorPages()) {
      this.vectors += page.length;
      const unknown = page.filter(({ id }) => !read.has(id));
      yield* this.#withoutDocument(unknown);
    }
  }

  /** v1 writes the vector first, so a document may have come while the others were read. */
  async *#withoutDocument(entries: readonly VectorEntry[]): AsyncGenerator<SourceRecord> {
    if (entries.length === 0) return;
    const { keys, family } = this.#options;
    const late = new Set<string>();
    for await (const row of rowsOf(this.#options).find({
      id: { $in: entries.map(({ id }) => id) },
    })) {
      late.add(rowId(row));
      yield importedRow(row, keys, family);
    }
    for (const entry of entries) {
      if (!late.has(entry.id)) yield importedOrphan(entry, keys, family);
    }
  }

  async *#vectorPages(): AsyncGenerator<readonly VectorEntry[]> {
    const { collection, label } = this.#options;
    if (collection === undefined) return;
    const seen = new Set<string>();
    for (let offset = 0; ; offset += vectorPage) {
      const page = await vectorsAt(collection, offset, label);
      const fresh = page.filter(({ id }) => !seen.has(id));
      for (const { id } of fresh) seen.add(id);
      yield fresh;
      if (page.length < vectorPage) break;
    }
    const count = (await collection.count?.()) ?? seen.size;
    // A page counts what lies before it: a deletion meanwhile moves a vector past the reader.
    if (count < seen.size) {
      throw new PalimpsestError(
        "E_LOCKED",
        `vectors of ${this.#options.family} were deleted while they were read; run again when no one deletes any`,
      );
    }
  }
}

function rowsOf({ database, family }: FamilySourceOptions) {
  return database.collection<LegacyRow>(family);
}

async function vectorsAt(
  collection: LegacyChromaCollection,
  offset: number,
  label: string,
): Promise<VectorEntry[]> {
  try {
    const include = ["documents", "metadatas"] as ("documents" | "metadatas")[];
    const page = await collection.get({ limit: vectorPage, offset, include });
    return page.ids.map((id, i) => ({
      id,
      text: page.documents?.[i] ?? null,
      metadata: page.metadatas?.[i] ?? null,
    }));
  } catch (error) {
    throw chromaError(error, label);
  }
}
