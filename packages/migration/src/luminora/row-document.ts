import type { Document, JsonObject, JsonValue } from "@palimpsest/core";
import { Cells, rowProblem } from "./cells.ts";
import { documentId } from "./document-id.ts";
import type { LossReason } from "./loss.ts";
import { parsePythonJson } from "./python-json.ts";
import { namesSecret, redactedMark } from "./redact.ts";
import { readTimes } from "./row-times.ts";
import type { LuminoraRow } from "./row.ts";
import type { TimeReader } from "./time.ts";
import { guessValue, type ValueEncoding } from "./value.ts";

/** What a row becomes. */
export type DocumentKind =
  | "fact"
  | "turn"
  | "session"
  | "user"
  | "episode"
  | "affinity"
  | "mood"
  | "memory";

export interface RowContext {
  readonly scope: string;
  readonly readTime: TimeReader;
  /** Session id → user id. */
  readonly sessionOwners: ReadonlyMap<string, string>;
}

export interface ConvertedRow {
  readonly document: Document;
  readonly reasons: ReadonlySet<LossReason>;
  readonly redacted: boolean;
}

/** What a kind's own rules make of a row; the rest is the same for all. */
interface Draft {
  readonly kind: DocumentKind;
  readonly id: readonly string[];
  readonly text: string;
  readonly user?: string;
  /** Fields besides the columns; a column of the same name moves to `v1.columns`. */
  readonly fields?: JsonObject;
  /** Columns that `fields` already tells in full. */
  readonly consumed?: readonly string[];
  /** A time within the row's value that dates it better than its columns. */
  readonly time?: string;
}

/** @returns the document, or why there can be none, without any text of the row */
export function rowToDocument(
  row: LuminoraRow,
  context: RowContext,
): ConvertedRow | { readonly refused: string } {
  const refused = rowProblem(row);
  if (refused !== undefined) return { refused };
  const cells = new Cells(row);
  const draft = drafts[row.shape.kind](cells, row, context);
  const { timestamp, times } = readTimes(cells, row.shape, context.readTime, draft.time);
  const user = draft.user ?? cells.name("user_id");
  const fields: JsonObject = { kind: draft.kind, user, ...draft.fields, times };
  const { flat, displaced } = placeColumns(cells, fields, draft);
  const losses = [...cells.reasons].filter((reason) => reason !== "missing-zone").toSorted();
  const origin: Record<string, JsonValue> = {
    system: "luminora",
    schema: row.shape.schema,
    table: row.table,
  };
  if (row.cells.has("id")) origin["row"] = row.row;
  if (Object.keys(displaced).length > 0) origin["columns"] = displaced;
  return {
    document: {
      scope: context.scope,
      id: documentId(draft.kind, draft.id),
      text: draft.text,
      metadata: { ...flat, ...fields, losses, v1: origin },
      timestamp,
    },
    reasons: cells.reasons,
    redacted: cells.redacted,
  };
}

const reserved = new Set(["kind", "user", "value", "raw", "key", "times", "losses", "v1"]);

/** Every column stays under its own name, or under `v1.columns` where that name is taken. */
function placeColumns(
  cells: Cells,
  fields: JsonObject,
  draft: Draft,
): { flat: JsonObject; displaced: JsonObject } {
  const flat: [string, JsonValue][] = [];
  const displaced: [string, JsonValue][] = [];
  const consumed = new Set(["id", ...(draft.consumed ?? [])]);
  if (draft.user === undefined) consumed.add("user_id");
  for (const column of cells.columns()) {
    if (consumed.has(column)) continue;
    const taken = reserved.has(column) || Object.hasOwn(fields, column);
    (taken ? displaced : flat).push([column, cells.json(column)]);
  }
  return { flat: Object.fromEntries(flat), displaced: Object.fromEntries(displaced) };
}

const drafts: Record<
  LuminoraRow["shape"]["kind"],
  (cells: Cells, row: LuminoraRow, context: RowContext) => Draft
> = {
  fact: draftFact,
  affinity: draftAffinity,
  episode: draftEpisode,
  mood: draftMood,
  memory: draftMemory,
  session: draftSession,
};

function draftFact(cells: Cells, row: LuminoraRow, context: RowContext): Draft {
  const [keyColumn, valueColumn] =
    row.shape.schema === "core" ? ["fact_key", "fact_value"] : ["key", "value"];
  const user = cells.name("user_id");
  const category = cells.name("category");
  const key = cells.name(keyColumn);
  hideSecretValue(cells, key, valueColumn);
  const raw = cells.text(valueColumn);
  const consumed = [keyColumn, valueColumn];
  if (category === "session_metadata" || category === "user_metadata") {
    const kind = category === "user_metadata" ? "user" : "session";
    const id = kind === "user" ? [user, key] : [user, key, "metadata"];
    return {
      kind,
      id,
      text: "",
      fields: valueFields(cells, key, valueColumn, row, true),
      consumed,
    };
  }
  if (category === "conversation_history") return draftTurn(cells, row, context, valueColumn, key);
  return {
    kind: "fact",
    id: [user, category, key],
    text: `${user} ${category} ${spaced(key)}: ${raw}`,
    fields: {
      ...valueFields(cells, key, valueColumn, row, false),
      ...tagsField(cells),
    },
    consumed,
  };
}

/** v1 saves a turn under its session's id; the user is found through the session. */
function draftTurn(
  cells: Cells,
  row: LuminoraRow,
  context: RowContext,
  valueColumn: string,
  key: string,
): Draft {
  const session = cells.name("user_id");
  const user = context.sessionOwners.get(session) ?? session;
  const fields = valueFields(cells, key, valueColumn, row, true);
  const turn = asObject(fields["value"]);
  const said = textOf(turn["user_message"]);
  const answered = textOf(turn["assistant_response"]);
  const time = textOf(turn["timestamp"]);
  const assistant = textOf(turn["personality_name"]) || "assistant";
  const readable = said !== "" || answered !== "";
  return {
    kind: "turn",
    id: [session, key],
    user,
    text: readable ? `${user}: ${said}\n${assistant}: ${answered}` : cells.text(valueColumn),
    fields,
    consumed: row.shape.schema === "core" ? ["fact_key", "fact_value"] : ["key", "value"],
    ...(time === "" ? {} : { time }),
  };
}

function draftAffinity(cells: Cells, row: LuminoraRow, context: RowContext): Draft {
  const user = cells.name("user_id");
  const counters = ["total_interactions", "positive_interactions"];
  const sdk = row.shape.schema === "sdk";
  if (sdk && counters.every((column) => Number(cells.cell(column) ?? 0) === 0)) {
    cells.reasons.add("affinity-counters-reset");
  }
  if (sdk && context.sessionOwners.has(user) && context.sessionOwners.get(user) !== user) {
    cells.reasons.add("affinity-under-session");
  }
  return { kind: "affinity", id: [user, cells.name("personality_name")], text: "" };
}

function draftEpisode(cells: Cells, row: LuminoraRow): Draft {
  const user = cells.name("user_id");
  const summary = cells.text("summary");
  const title = cells.text("title");
  return {
    kind: "episode",
    id: rowId(user, cells, row),
    text: `${user} ${spaced(cells.text("episode_type"))}: ${title}${summary === "" ? "" : `. ${summary}`}`,
    fields: tagsField(cells),
  };
}

function draftMood(cells: Cells, row: LuminoraRow): Draft {
  const user = cells.name("user_id");
  if (row.shape.schema === "core") {
    const mood = spaced(cells.text("current_mood"));
    return { kind: "mood", id: [user, cells.name("session_id")], text: `${user} mood: ${mood}` };
  }
  const context = cells.text("context");
  const mood = spaced(cells.text("mood_type"));
  return {
    kind: "mood",
    id: rowId(user, cells, row),
    text: `${user} mood: ${mood}${context === "" ? "" : `. ${context}`}`,
  };
}

function draftMemory(cells: Cells, row: LuminoraRow): Draft {
  const user = cells.name("user_id");
  const key = cells.name("memory_key");
  hideSecretValue(cells, key, "memory_value");
  return {
    kind: "memory",
    id: [user, key],
    text: `${user} ${spaced(key)}: ${cells.text("memory_value")}`,
    fields: valueFields(cells, key, "memory_value", row, false),
    consumed: ["memory_key", "memory_value"],
  };
}

function draftSession(cells: Cells): Draft {
  cells.reasons.add("session-ttl-replaced").add("session-fields-dropped");
  return { kind: "session", id: [cells.name("user_id"), cells.name("session_id")], text: "" };
}

/** SDK row numbers are unique within their table only. */
function rowId(user: string, cells: Cells, row: LuminoraRow): readonly string[] {
  const id = row.cells.has("id") ? cells.text("id") : String(row.row);
  return row.shape.schema === "core" ? [user, id] : [user, row.table, id];
}

/** `internal` values are written by v1 itself, which fixes whether they are text or structure. */
function valueFields(
  cells: Cells,
  key: string,
  column: string,
  row: LuminoraRow,
  internal: boolean,
): JsonObject {
  const cell = cells.cell(column);
  if (typeof cell !== "string") return { key, value: cells.json(column) };
  const structure = internal && /^\s*[[{]/.test(cell);
  const { value, reasons } = guessValue(cell, structure ? "unknown" : encodingOf(row));
  for (const reason of reasons) {
    if (!(internal && reason === "structure-or-text")) cells.reasons.add(reason);
  }
  const plain = reasons.length === 0 && value === cell;
  return plain ? { key, value } : { key, value, raw: cell };
}

function encodingOf({ shape }: LuminoraRow): ValueEncoding {
  if (shape.schema === "core") return "unknown";
  return shape.kind === "memory" ? "json" : "str";
}

function hideSecretValue(cells: Cells, key: string, column: string): void {
  const cell = cells.cell(column);
  if (cell !== null && cell !== undefined && namesSecret(key)) cells.redact(column, redactedMark);
}

/** Tags as a list, so that a filter can ask for one; the column's text stays in `v1.columns`. */
function tagsField(cells: Cells): JsonObject {
  const tags = parsePythonJson(cells.text("tags"))?.value;
  return Array.isArray(tags) ? { tags } : {};
}

function asObject(value: JsonValue | undefined): JsonObject {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : {};
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function spaced(name: string): string {
  return name.replaceAll("_", " ");
}
