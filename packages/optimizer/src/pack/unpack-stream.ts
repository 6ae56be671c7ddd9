import type { JsonValue } from "@palimpsest/core";
import { checkChoice } from "../check-choice.ts";
import { type NumberMode, numberModes } from "../json/raw-number.ts";
import { readMarkedLine, readTableHead, type TableHead } from "./block-head.ts";
import { legendSign, repeatSign } from "./signs.ts";
import { decodeTable } from "./table/decode-table.ts";
import { TextReader } from "./table/text-reader.ts";
import type { UnpackOptions } from "./unpack.ts";

/**
 * Reads what `packStream` wrote in a table profile, or `pack` of an array of records, from pieces of
 * any size; memory is bounded by one block. A block's records come once the whole block is checked.
 * @throws `E_CORRUPT` with `position` when the text is cut, damaged or no packed array;
 * `E_INVALID_INPUT` for a `numbers` that does not exist
 */
export async function* unpackStream(
  pieces: Iterable<string> | AsyncIterable<string>,
  options: UnpackOptions = {},
): AsyncGenerator<JsonValue, void, undefined> {
  const { numbers = "native" } = options;
  checkChoice("numbers", numbers, numberModes);
  let state: State = { at: "start", lines: 0 };
  for await (const line of linesOf(pieces)) {
    state = step(state, line);
    if (state.at === "block" && isComplete(state)) {
      yield* recordsOf(state, numbers);
      state = { at: state.head.more ? "head" : "end", lines: state.lines };
    }
  }
  // What an unfinished block has may be damaged before its end: then that is the error to tell.
  if (state.at === "block") recordsOf(state, numbers);
  else if (state.at !== "end") new TextReader("", state.lines).line();
}

/** Where the reader stands, after so many lines. */
type State = { readonly at: "start" | "head" | "end"; readonly lines: number } | OpenBlock;

interface OpenBlock {
  readonly at: "block";
  readonly lines: number;
  readonly head: TableHead;
  /** The column line and the lines of the records so far. */
  readonly text: string[];
  /** Records among them. */
  readonly records: number;
}

function step(state: State, line: string): State {
  const lines = state.lines + 1;
  if (state.at === "block") {
    state.text.push(line);
    const isRecord = state.text.length > 1 && !line.startsWith(repeatSign);
    return { ...state, lines, records: state.records + (isRecord ? 1 : 0) };
  }
  const reader = new TextReader(line, state.lines);
  if (state.at === "start" && line.startsWith(legendSign)) {
    reader.checkControls();
    reader.line();
    return { ...state, lines };
  }
  if (state.at === "end") return reader.fail(0, "there is text after the last record");
  const head = readTableHead(reader, 0, readMarkedLine(reader));
  return { at: "block", lines, head, text: [], records: 0 };
}

function isComplete({ head, text, records }: OpenBlock): boolean {
  return text.length > 0 && records === head.count;
}

function recordsOf({ lines, head, text }: OpenBlock, numbers: NumberMode): readonly JsonValue[] {
  const reader = new TextReader(text.join(""), lines - text.length);
  reader.checkControls();
  const records = decodeTable(reader, head.count, numbers);
  return Array.isArray(records) ? records : reader.fail(0, "the text holds no array of records");
}

/** Lines with their ends; what comes after the last end is a line without one. */
async function* linesOf(
  pieces: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<string, void, undefined> {
  let open: string[] = [];
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf("\n"); end !== -1; end = piece.indexOf("\n", start)) {
      open.push(piece.slice(start, end + 1));
      yield open.join("");
      open = [];
      start = end + 1;
    }
    if (start < piece.length) open.push(piece.slice(start));
  }
  if (open.length > 0) yield open.join("");
}
