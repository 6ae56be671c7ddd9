import type { JsonValue } from "@palimpsest/core";
import { setMember } from "../json/members.ts";
import { parseJson } from "../json/parse-json.ts";
import type { NumberMode } from "../json/raw-number.ts";
import { CellError } from "./codecs/codec.ts";
import { readName } from "./columns/name.ts";
import { isTableHead, readMarkedLine, readTableHead } from "./block-head.ts";
import { legendSign, tableSign } from "./signs.ts";
import { isObject } from "./table/column-plan.ts";
import { decodeTable } from "./table/decode-table.ts";
import { TextReader } from "./table/text-reader.ts";

/** Reads a text that starts with the marker or with a legend. @throws `E_CORRUPT` with `position` */
export function readText(text: string, numbers: NumberMode): JsonValue {
  const reader = new TextReader(text);
  reader.checkControls();
  while (text.startsWith(legendSign, reader.at)) reader.line();
  const start = reader.at;
  const head = readMarkedLine(reader);
  if (isTableHead(head)) {
    reader.at = start;
    return readBlocks(reader, numbers);
  }
  return readDocument(reader, parseFrame(reader, start, head, numbers), numbers);
}

/** One table, or several blocks of records of which all but the last announce another. */
function readBlocks(reader: TextReader, numbers: NumberMode): JsonValue {
  const blocks: JsonValue[] = [];
  for (let more = true; more;) {
    const start = reader.at;
    const head = readTableHead(reader, start, readMarkedLine(reader));
    blocks.push(decodeTable(reader, head.count, numbers));
    more = head.more;
  }
  finish(reader);
  const [only] = blocks;
  if (blocks.length === 1 && only !== undefined) return only;
  return blocks.flatMap((block) =>
    Array.isArray(block)
      ? (block as readonly JsonValue[])
      : reader.fail(0, "one block of several is no array"),
  );
}

function parseFrame(
  reader: TextReader,
  start: number,
  head: string,
  numbers: NumberMode,
): JsonValue {
  try {
    return parseJson(head, { numbers });
  } catch (cause) {
    return reader.fail(start, "the first line has neither a record count nor a JSON frame", cause);
  }
}

/** Puts each table into its place in the frame, where null holds it free. */
function readDocument(reader: TextReader, frame: JsonValue, numbers: NumberMode): JsonValue {
  for (let more = true; more;) {
    const start = reader.at;
    const line = reader.line();
    const name = line.startsWith(tableSign) ? readPath(reader, start, line) : undefined;
    if (name === undefined || line[name.end] !== " ") {
      return reader.fail(start, `a line "${tableSign}path count" is missing`);
    }
    const head = readTableHead(reader, start, line.slice(name.end + 1));
    const place = placeOf(frame, name.path) ?? reader.fail(start, "the path has no free place");
    setMember(place.target, place.key, decodeTable(reader, head.count, numbers));
    more = head.more;
  }
  finish(reader);
  return frame;
}

function readPath(reader: TextReader, start: number, line: string): ReturnType<typeof readName> {
  try {
    return readName(line, tableSign.length);
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    return reader.fail(start, error.message, error);
  }
}

interface FreePlace {
  readonly target: Record<string, JsonValue>;
  readonly key: string;
}

function placeOf(frame: JsonValue, path: readonly string[]): FreePlace | undefined {
  let target = frame;
  for (const key of path.slice(0, -1)) {
    const next = isObject(target) && Object.hasOwn(target, key) ? target[key] : undefined;
    if (next === undefined) return undefined;
    target = next;
  }
  const key = path.at(-1);
  if (key === undefined || !isObject(target)) return undefined;
  return target[key] === null ? { target: target as Record<string, JsonValue>, key } : undefined;
}

function finish(reader: TextReader): void {
  if (!reader.isDone) reader.fail(reader.at, "there is text after the last record");
}
