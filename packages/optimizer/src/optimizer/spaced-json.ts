import type { JsonValue } from "@palimpsest/core";
import { writeJson } from "../json/write-json.ts";

/** A string, or a separator outside of strings. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[,:]/g;

/** JSON with a space after `,` and `:`, as Python's `json.dumps` and v1 write it; non-ASCII kept. */
export function spacedJson(value: JsonValue): string {
  return writeJson(value).replace(token, (part) =>
    part === "," || part === ":" ? `${part} ` : part,
  );
}
