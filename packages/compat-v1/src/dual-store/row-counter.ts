import { type FamilyKeys, type LegacyRow, rowId } from "./legacy-row.ts";
import { type TimeEncoding, timeEncoding } from "./timestamp.ts";

/** What the rows of a family are like. The names with underscores are those of older reports. */
export interface RowCounts {
  /** Which version wrote it, e.g. `"G3"`; several are joined with `+`, oldest first. */
  readonly generation: string;
  readonly generations: Readonly<Record<string, number>>;
  readonly documents: number;
  /** Rows beyond the first of their id. */
  readonly duplicate_ids: number;
  readonly blank_text: number;
  readonly images: number;
  readonly rows_without_id: number;
  readonly timeEncodings: Readonly<Partial<Record<TimeEncoding, number>>>;
  /** v1's own record: absent means that the version had none, not that it failed. */
  readonly flags: { readonly written: number; readonly failed: number; readonly absent: number };
}

/** Counts rows one by one, so that a family needs not fit into memory; ids do. */
export class RowCounter {
  readonly ids: Map<string, number> = new Map();
  readonly #keys: FamilyKeys;
  readonly #failed = new Map<string, number>();
  readonly #flags = { written: 0, failed: 0, absent: 0 };
  readonly #times = new Map<TimeEncoding, number>();
  readonly #shapes = {
    plain: 0,
    withExtras: 0,
    flaggedWithCopy: 0,
    flagged: 0,
    unknown: 0,
    ours: 0,
  };
  #documents = 0;
  #blank = 0;
  #images = 0;
  #withoutId = 0;

  constructor(keys: FamilyKeys) {
    this.#keys = keys;
  }

  add(row: LegacyRow): void {
    const { textKey, timeKey } = this.#keys;
    const metadata = row.metadata ?? {};
    const text = row[textKey];
    const id = rowId(row);
    this.#documents++;
    this.ids.set(id, (this.ids.get(id) ?? 0) + 1);
    if (typeof row.id !== "string" || row.id === "") this.#withoutId++;
    if (typeof text !== "string" || text.trim() === "") this.#blank++;
    if (metadata["type"] === "image") this.#images++;
    const encoding = timeEncoding(row[timeKey]);
    this.#times.set(encoding, (this.#times.get(encoding) ?? 0) + 1);
    this.#addFlags(id, metadata["vectorWriteSuccess"]);
    this.#shapes[this.#shapeOf(row, metadata)]++;
  }

  #addFlags(id: string, success: unknown): void {
    if (success === true) this.#flags.written++;
    else if (success === false) {
      this.#flags.failed++;
      this.#failed.set(id, (this.#failed.get(id) ?? 0) + 1);
    } else this.#flags.absent++;
  }

  #shapeOf(
    row: LegacyRow,
    metadata: Readonly<Record<string, unknown>>,
  ): "plain" | "withExtras" | "flaggedWithCopy" | "flagged" | "unknown" | "ours" {
    const { textKey, timeKey } = this.#keys;
    if (row.palimpsest?.counter !== undefined) return "ours";
    const hasCopy = metadata[timeKey] !== undefined;
    if ("vectorWriteSuccess" in metadata) return hasCopy ? "flaggedWithCopy" : "flagged";
    if (!hasCopy) return "unknown";
    const named = new Set(["_id", "id", "metadata", "palimpsest", textKey, timeKey]);
    return Object.keys(row).every((key) => named.has(key)) ? "plain" : "withExtras";
  }

  /** The id of each row without a vector: none under its id, or none by v1's own flag. */
  withoutVector(vectors: ReadonlySet<string>): string[] {
    return [...this.ids].flatMap(([id, rows]) => {
      const count = vectors.has(id) ? (this.#failed.get(id) ?? 0) : rows;
      return Array.from({ length: count }, () => id);
    });
  }

  duplicates(): { readonly id: string; readonly rows: number }[] {
    return [...this.ids].filter(([, rows]) => rows > 1).map(([id, rows]) => ({ id, rows }));
  }

  counts(): RowCounts {
    const generations = this.#generations();
    return {
      generation: Object.keys(generations).join("+") || "none",
      generations,
      documents: this.#documents,
      duplicate_ids: this.#documents - this.ids.size,
      blank_text: this.#blank,
      images: this.#images,
      rows_without_id: this.#withoutId,
      timeEncodings: Object.fromEntries(this.#times),
      flags: { ...this.#flags },
    };
  }

  /** Further fields tell the second generation; without any, its rows look like the first's. */
  #generations(): Record<string, number> {
    const { plain, withExtras, flaggedWithCopy, flagged, unknown, ours } = this.#shapes;
    const counted: Record<string, number> =
      withExtras > 0 ? { G2: plain + withExtras } : { G1: plain };
    Object.assign(counted, { G3: flaggedWithCopy, G4: flagged, palimpsest: ours, unknown });
    return Object.fromEntries(Object.entries(counted).filter(([, rows]) => rows > 0));
  }
}
