import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type JsonObject, type JsonValue, PalimpsestError } from "@palimpsest/core";

export type DataKind = "facts" | "locomo" | "tabular" | "other";

export interface DataSet {
  readonly name: string;
  readonly value: JsonValue;
  /** False for a document that is no list of records; it counts for its own goal only. */
  readonly isTabular: boolean;
}

export interface Data {
  readonly kind: DataKind;
  readonly sets: readonly DataSet[];
}

/**
 * Reads a benchmark file and brings it into the sets that a prompt would hold.
 * @throws `E_INVALID_INPUT` when the file cannot be read or is no JSON
 */
export async function readData(path: string): Promise<Data> {
  const file = resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
  try {
    return shape(JSON.parse(await readFile(file, "utf8")) as JsonValue);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PalimpsestError("E_INVALID_INPUT", `--data ${path}: ${problem}`, { cause });
  }
}

/** Tells the three known files by their first element; anything else is measured as it is. */
export function shape(value: JsonValue): Data {
  const list = asList(value);
  const [first] = list ?? [];
  if (list === undefined || !isObject(first)) {
    return { kind: "other", sets: [{ name: "all", value, isTabular: list !== undefined }] };
  }
  if ("conversation" in first) return { kind: "locomo", sets: list.filter(isObject).map(turnsOf) };
  if ("name" in first && "data" in first && isObject(first["data"])) {
    return { kind: "tabular", sets: list.filter(isObject).map(rowsOf) };
  }
  const kind = "category" in first && "value" in first ? "facts" : "other";
  return { kind, sets: [{ name: kind, value, isTabular: true }] };
}

/** The turns of one conversation, in order, each with its session's number and time. */
function turnsOf({ conversation, sample_id: id }: JsonObject, i: number): DataSet {
  const sessions = isObject(conversation) ? conversation : {};
  const turns = Object.entries(sessions).flatMap(([key, session]) => {
    const [, number] = /^session_(\d+)$/.exec(key) ?? [];
    if (number === undefined) return [];
    const time = sessions[`session_${number}_date_time`] ?? null;
    const spoken = (asList(session) ?? []).filter(isObject);
    return spoken.map((turn) => turnOf(turn, Number(number), time));
  });
  return { name: typeof id === "string" ? id : `conversation-${i}`, value: turns, isTabular: true };
}

function turnOf(turn: JsonObject, session: number, time: JsonValue): JsonObject {
  const { dia_id = null, speaker = null, text = null, blip_caption: caption } = turn;
  return {
    session,
    date_time: time,
    dia_id,
    speaker,
    text,
    ...(caption !== undefined && { blip_caption: caption }),
  };
}

/** A set's one inner list; a keyed map becomes rows with their key; other documents stay. */
function rowsOf({ name, data = null }: JsonObject): DataSet {
  const title = String(name);
  const [inner, ...more] = isObject(data) ? Object.values(data) : [];
  if (more.length === 0 && asList(inner) !== undefined) {
    return { name: title, value: inner ?? null, isTabular: true };
  }
  if (more.length === 0 && isObject(inner) && Object.values(inner).every(isObject)) {
    const rows = Object.entries(inner).map(([key, row]) => Object.assign({ key }, row));
    return { name: title, value: rows, isTabular: true };
  }
  return { name: title, value: data, isTabular: false };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asList(value: JsonValue | undefined): readonly JsonValue[] | undefined {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : undefined;
}
