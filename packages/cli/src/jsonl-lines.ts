import { createReadStream } from "node:fs";
import { PalimpsestError, throwIfAborted } from "@palimpsest/core";

export interface Line {
  /** Counted from 1, blank lines included. */
  readonly number: number;
  readonly text: string;
}

/** No valid record is longer: text and metadata at their limits, every byte escaped. */
const longest = 64 * 1024 * 1024;
const newline = 0x0a;

/**
 * The lines of a UTF-8 file that are not blank. Own code because `node:readline` also splits at
 * U+2028, which is an ordinary character inside a JSON string, and does not refuse broken UTF-8.
 * @throws `E_INVALID_INPUT` naming the line
 */
export async function* readLines(path: string, signal: AbortSignal): AsyncGenerator<Line> {
  let rest: Buffer[] = [];
  let number = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
    throwIfAborted(signal);
    let bytes = chunk as Buffer;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline)) {
      number++;
      const text = decode([...rest, bytes.subarray(0, end)], path, number);
      rest = [];
      bytes = bytes.subarray(end + 1);
      if (text !== "") yield { number, text };
    }
    if (bytes.length > 0) rest.push(bytes);
  }
  const text = decode(rest, path, number + 1);
  if (text !== "") yield { number: number + 1, text };
}

function decode(parts: readonly Buffer[], path: string, line: number): string {
  const bytes = Buffer.concat(parts);
  if (bytes.length > longest) throw refused(path, line, "is longer than any valid record");
  try {
    // Leaves out a byte order mark.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim();
  } catch {
    throw refused(path, line, "is not UTF-8; convert the file first");
  }
}

function refused(path: string, line: number, problem: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", `${path}, line ${line}, ${problem}`);
}
