import type { JsonValue } from "@palimpsest/core";
import type { LossReason } from "./loss.ts";
import { namesSecret, redactedMark, redactText } from "./redact.ts";
import type { Cell, LuminoraRow } from "./row.ts";

/** Columns that name things. They make the id, so they are neither redacted nor anything but text. */
const identity = new Set([
  "id",
  "user_id",
  "session_id",
  "personality_name",
  "category",
  "key",
  "fact_key",
  "memory_key",
]);

/** A row's cells with secrets replaced, and what was found out while reading them. */
export class Cells {
  readonly reasons: Set<LossReason> = new Set();
  readonly #cells = new Map<string, Cell>();
  #redacted = false;

  constructor(row: LuminoraRow) {
    for (const [column, cell] of row.cells) {
      const clean = identity.has(column) ? cell : withoutSecrets(column, cell);
      this.#redacted ||= clean !== cell;
      this.#cells.set(column, clean);
    }
  }

  get redacted(): boolean {
    return this.#redacted;
  }

  columns(): Iterable<string> {
    return this.#cells.keys();
  }

  cell(column: string): Cell | undefined {
    return this.#cells.get(column);
  }

  redact(column: string, mark: string): void {
    this.#redacted = true;
    this.#cells.set(column, mark);
  }

  /** The cell as text; `""` for NULL, an absent column and bytes. */
  text(column: string): string {
    const cell = this.#cells.get(column);
    if (typeof cell === "string") return cell;
    return typeof cell === "bigint" || typeof cell === "number" ? String(cell) : "";
  }

  /** Like `text`, for a column v1 writes text into; another type is noted as a loss. */
  name(column: string): string {
    const type = typeof this.#cells.get(column);
    if (type === "bigint" || type === "number") this.reasons.add("column-type-changed");
    return this.text(column);
  }

  json(column: string): JsonValue {
    const cell = this.#cells.get(column) ?? null;
    if (cell === null || typeof cell === "string") return cell;
    if (typeof cell === "bigint") {
      const number = Number(cell);
      return Number.isSafeInteger(number) ? number : String(cell);
    }
    if (typeof cell === "number") {
      if (Number.isFinite(cell)) return cell;
      this.reasons.add("non-finite-number");
      return String(cell);
    }
    this.reasons.add("binary-value");
    return { $base64: Buffer.from(cell).toString("base64") };
  }
}

/** A column that someone added and named, say, `api_key` is hidden whole. */
function withoutSecrets(column: string, cell: Cell): Cell {
  if (cell !== null && namesSecret(column)) return redactedMark;
  return typeof cell === "string" ? redactText(cell) : cell;
}

/** Why a row cannot become a document at all, without any of its text; undefined when it can. */
export function rowProblem(row: LuminoraRow): string | undefined {
  const { shape, cells, undecodable } = row;
  if (undecodable.length > 0) return `text of ${list(undecodable)} is not validly encoded`;
  const missing = shape.notNull.filter((column) => cells.has(column) && cells.get(column) === null);
  if (missing.length > 0) return `${list(missing)} is NULL where v1 never leaves it NULL`;
  const binary = [...identity].filter((column) => cells.get(column) instanceof Uint8Array);
  return binary.length > 0 ? `${list(binary)} holds bytes where v1 writes text` : undefined;
}

/** Only column names that v1 itself defines or the application's schema has; never values. */
function list(columns: readonly string[]): string {
  return columns.join(", ");
}
