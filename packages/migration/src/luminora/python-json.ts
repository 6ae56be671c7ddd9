import { type JsonValue, parseJsonText } from "@palimpsest/core";

export interface PythonJson {
  /** Integers beyond 2^53, NaN and infinities appear as their text. */
  readonly value: JsonValue;
  readonly nonFinite: boolean;
}

/** Parses what Python's `json.loads` accepts: JSON, and NaN, Infinity, -Infinity. */
export function parsePythonJson(text: string): PythonJson | undefined {
  if (!/^\s*[[{"\-\dtfnNI]/.test(text)) return undefined;
  const value = parse(text);
  if (value !== undefined) return { value, nonFinite: false };
  if (!/NaN|Infinity/.test(text)) return undefined;
  const quoted = text.replace(nonFiniteOrString, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
  const lenient = parse(quoted);
  return lenient === undefined ? undefined : { value: lenient, nonFinite: true };
}

const nonFiniteOrString = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/gs;

function parse(text: string): JsonValue | undefined {
  try {
    return parseJsonText(text, keepBigNumbers);
  } catch {
    return undefined;
  }
}

function keepBigNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  const exact = Number.isFinite(value) && !(isBig(value) && /^-?\d+$/.test(context.source));
  return exact ? value : context.source;
}

function isBig(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** Whether `text`, known to be valid, is exactly what `json.dumps` with default options writes. */
export function isPythonDump(text: string): boolean {
  let plain = true;
  const rest = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/gs, (literal) => {
    plain &&= literal === quoteAscii(JSON.parse(literal) as string);
    return '""';
  });
  if (!plain || /\s/.test(rest.replaceAll(", ", ",").replaceAll(": ", ":"))) return false;
  if (/[,:](?! )/.test(rest)) return false;
  return (rest.match(/(?<![\w.+-])-?\d[\d.eE+-]*/g) ?? []).every(isPythonNumber);
}

/** Whether Python's `str` of an int or a finite float is exactly this text. */
export function isPythonNumber(text: string): boolean {
  if (/^(?:0|-?[1-9]\d*)$/.test(text)) return true;
  return /^-?\d+(?:\.\d+)?(?:e[+-]\d+)?$/.test(text) && text === floatRepr(Number(text));
}

/** Python's `repr(float)`: the shortest digits, exponent form below 1e-4 and from 1e16. */
function floatRepr(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [digits = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? "-" : "+";
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const fixed = exponent < 0 ? smallFixed(digits, -exponent) : String(value);
  return fixed.includes(".") ? fixed : `${fixed}.0`;
}

/** JavaScript writes 0.00001 as 1e-5 only below 1e-6, so this covers -4..-1 the same way Python does. */
function smallFixed(digits: string, zeros: number): string {
  const sign = digits.startsWith("-") ? "-" : "";
  return `${sign}0.${"0".repeat(zeros - 1)}${digits.replace(/[-.]/g, "")}`;
}

/** A JSON string literal with everything beyond printable ASCII escaped, as `json.dumps` writes it. */
function quoteAscii(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Quotes `text` in the style of `literal`: ASCII only if that was. */
export function quoteLike(literal: string, text: string): string {
  return /^[ -~]*$/.test(literal) ? quoteAscii(text) : JSON.stringify(text);
}
