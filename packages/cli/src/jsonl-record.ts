import {
  isPalimpsestError,
  type JsonObject,
  PalimpsestError,
  parseJsonText,
  sealDocument,
  type StoredDocument,
} from "@palimpsest/core";
import { z } from "zod";

/** One line of an export: what a document is, without what only its store knows (revision, index). */
export interface JsonlRecord {
  readonly scope?: string | undefined;
  readonly id: string;
  readonly text: string;
  readonly metadata?: JsonObject | undefined;
  /** Epoch milliseconds. Left out: kept for a document that is otherwise the same, else now. */
  readonly timestamp?: number | undefined;
  /** Guards a line against damage; left out in hand-made files. */
  readonly digest?: string | undefined;
}

const schema = z.strictObject({
  scope: z.string().optional(),
  id: z.string(),
  text: z.string(),
  // Sealing checks its values; a zod record drops the key `__proto__` and recurses without a limit.
  metadata: z.custom<JsonObject>(isObject, "must be a JSON object").optional(),
  timestamp: z.int().optional(),
  digest: z.string().optional(),
});

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The line of one document, without its line break. */
export function formatRecord(document: StoredDocument): string {
  const { scope, id, text, metadata, timestamp, digest } = document;
  return JSON.stringify({ scope, id, text, metadata, timestamp, digest });
}

/**
 * A line as a record that a store will take.
 * @param at - the file and line, for messages
 * @throws `E_INVALID_INPUT` for anything but a valid record, `E_CORRUPT` for one that changed since its export
 */
export function parseRecord(line: string, at: string): JsonlRecord {
  const record = checkShape(parseLine(line, at), at);
  const { scope = "", id, text, metadata = {}, timestamp = 0, digest } = record;
  let sealed: string;
  try {
    sealed = sealDocument({ scope, id, text, metadata, timestamp }).digest;
  } catch (error) {
    if (!isPalimpsestError(error)) throw error;
    throw new PalimpsestError(error.code, `${at}: ${error.message}`, { cause: error });
  }
  if (digest !== undefined && digest !== sealed) {
    throw new PalimpsestError(
      "E_CORRUPT",
      `${at}: the record does not match its digest; export it again, or leave the digest out if it was edited on purpose`,
    );
  }
  return record;
}

/** Whether a live document already says what the record says. */
export function isUnchanged(record: JsonlRecord, scope: string, current: StoredDocument): boolean {
  const { id, text, metadata = {}, timestamp = current.timestamp } = record;
  return sealDocument({ scope, id, text, metadata, timestamp }).digest === current.digest;
}

function parseLine(line: string, at: string): unknown {
  try {
    return parseJsonText(line);
  } catch {
    throw new PalimpsestError("E_INVALID_INPUT", `${at}: not valid JSON; each line is one object`);
  }
}

function checkShape(value: unknown, at: string): JsonlRecord {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join(".") ?? "";
  const problem =
    issue?.code === "unrecognized_keys"
      ? `unknown field ${JSON.stringify(issue.keys[0])}`
      : `${field === "" ? "the line" : `field ${JSON.stringify(field)}`}: ${issue?.message}`;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `${at}: ${problem}; a record has id, text and may have scope, metadata, timestamp, digest`,
  );
}
