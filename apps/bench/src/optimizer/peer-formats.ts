import type { JsonValue } from "@palimpsest/core";
import { loadPeer } from "../peers-folder.ts";
import type { Formats } from "./format.ts";

interface Yaml {
  stringify(value: unknown): string;
  parse(text: string): unknown;
}

interface Toon {
  encode(value: unknown): string;
  decode(text: string): unknown;
}

interface CsvWriter {
  stringify(rows: readonly object[], options: object): string;
}

interface CsvReader {
  parse(text: string, options: object): unknown;
}

/** The formats that people use instead, by the libraries that they use for them. */
export async function loadPeerFormats(): Promise<Formats> {
  const yaml = await loadPeer<Yaml>("yaml");
  const toon = await loadPeer<Toon>("@toon-format/toon");
  const { stringify } = await loadPeer<CsvWriter>("csv-stringify/sync");
  const { parse } = await loadPeer<CsvReader>("csv-parse/sync");
  return {
    yaml: { encode: (value) => yaml.stringify(value), decode: (text) => yaml.parse(text) },
    csv: {
      encode: (value) => stringify(rowsOf(value), { header: true, columns: columnsOf(value) }),
      decode: (text) => parse(text, { columns: true }),
    },
    toon: { encode: (value) => toon.encode(value), decode: (text) => toon.decode(text) },
  };
}

/** CSV has text cells only: what is nested goes in as JSON, and types and absence are lost. */
function rowsOf(value: JsonValue): object[] {
  const records = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  return records.map((record) =>
    typeof record === "object" && record !== null
      ? Object.fromEntries(Object.entries(record).map(([key, cell]) => [key, cellOf(cell)]))
      : { value: cellOf(record) },
  );
}

function cellOf(value: JsonValue): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function columnsOf(value: JsonValue): string[] {
  return [...new Set(rowsOf(value).flatMap(Object.keys))];
}
