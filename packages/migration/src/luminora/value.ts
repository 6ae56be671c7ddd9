import { canonicalJson, type JsonValue } from "@palimpsest/core";
import type { LossReason } from "./loss.ts";
import { isPythonDump, isPythonNumber, parsePythonJson } from "./python-json.ts";

/**
 * How v1 turned a value into text. `str`: lists and objects by `json.dumps`, the rest by `str`.
 * `json`: text as it is, the rest by `json.dumps`. `unknown`: nothing in v1 fixes it.
 */
export type ValueEncoding = "str" | "json" | "unknown";

export interface GuessedValue {
  /** The most likely value the application saved. */
  readonly value: JsonValue;
  readonly reasons: readonly LossReason[];
}

const pythonNames = new Map<string, JsonValue>([
  ["True", true],
  ["False", false],
  ["None", null],
]);

/** Guesses what was saved from the text v1 stored, and names what cannot be known. */
export function guessValue(text: string, encoding: ValueEncoding): GuessedValue {
  const named = pythonNames.get(text);
  if (named !== undefined && encoding !== "json") {
    return { value: named, reasons: ["python-literal"] };
  }
  const parsed = parsePythonJson(text);
  if (parsed === undefined) {
    return { value: text, reasons: encoding === "json" ? [] : pythonReasons(text) };
  }
  const { reason, parse } = judge(text.trim(), text, encoding);
  const reasons: LossReason[] = parsed.nonFinite ? [reason, "non-finite-number"] : [reason];
  return { value: parse && isStorable(parsed.value) ? parsed.value : text, reasons };
}

interface Judgement {
  readonly reason: LossReason;
  /** Whether the parsed value is likelier than the text. */
  readonly parse: boolean;
}

const certainlyText: Judgement = { reason: "text-read-as-other-type", parse: false };

function judge(token: string, text: string, encoding: ValueEncoding): Judgement {
  const unknown = encoding === "unknown";
  if (/^[[{]/.test(token)) {
    return unknown || isPythonDump(text)
      ? { reason: "structure-or-text", parse: true }
      : certainlyText;
  }
  if (/^-?\d/.test(token)) {
    return unknown || isPythonNumber(text)
      ? { reason: "number-or-text", parse: true }
      : certainlyText;
  }
  if (token.startsWith('"')) {
    return unknown ? { reason: "json-literal-or-text", parse: false } : certainlyText;
  }
  return encoding === "str" || token !== text
    ? certainlyText
    : { reason: "json-literal-or-text", parse: true };
}

const pythonRepr =
  /^(?:\((?:['"\d\-[({TFN].*,.*)?\)|\{['"\d\-(TFN].*\}|b(?:'.*'|".*")|set\(\)|(?:frozenset|bytearray|datetime\.\w+)\(.*\))$/s;
const pythonDatetime = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{6})?(?:[+-]\d\d:\d\d)?$/;

function pythonReasons(text: string): readonly LossReason[] {
  if (/^(?:-?inf|nan)$/.test(text)) return ["non-finite-number"];
  return pythonRepr.test(text) || pythonDatetime.test(text) ? ["python-literal"] : [];
}

/** Lone surrogates, U+0000 and very deep nesting are refused by every store; the raw text has them. */
function isStorable(value: JsonValue): boolean {
  if (typeof value !== "object" && typeof value !== "string") return true;
  try {
    canonicalJson({ value });
    return true;
  } catch {
    return false;
  }
}
