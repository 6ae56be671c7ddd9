import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { addAbortSignal } from "node:stream";
import { buffer } from "node:stream/consumers";
import { PalimpsestError } from "@palimpsest/core";
import type { Host } from "../host.ts";

export interface InputText {
  /** The path as it was given, or `standard input`. */
  readonly name: string;
  readonly text: string;
}

/** Longer ones do not fit a string of Node.js. */
const longest = 512 * 1024 * 1024;

/**
 * A whole UTF-8 text from a file, or from standard input without one or for `-`.
 * @throws `E_INVALID_INPUT` when nobody pipes anything in, or for what is no UTF-8 or too long
 */
export async function readInput(host: Host, file: string | undefined): Promise<InputText> {
  const isPiped = file === undefined || file === "-";
  const name = isPiped ? "standard input" : file;
  const bytes = await (isPiped ? readPiped(host) : readWhole(resolve(host.cwd, file), host.signal));
  if (bytes.length > longest) throw tooLong(name);
  try {
    // Leaves out a byte order mark.
    return { name, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (cause) {
    throw notUtf8(name, bytes, cause);
  }
}

async function readPiped({ stdin, signal }: Host): Promise<Buffer> {
  if (stdin.isTTY) {
    throw new PalimpsestError("E_INVALID_INPUT", "name a file, or pipe one to standard input");
  }
  return buffer(addAbortSignal(signal, stdin));
}

async function readWhole(path: string, signal: AbortSignal): Promise<Buffer> {
  if ((await stat(path)).size > longest) throw tooLong(path);
  return readFile(path, { signal });
}

function notUtf8(name: string, bytes: Buffer, cause: unknown): PalimpsestError {
  const [first = 0, second = 0] = bytes;
  // A byte order mark of either order.
  const encoding = first + second === 0xff + 0xfe ? "utf-16" : "windows-1252";
  return new PalimpsestError(
    "E_INVALID_INPUT",
    `${name} is not UTF-8; convert it first, for example with iconv -f ${encoding} -t utf-8`,
    { cause },
  );
}

function tooLong(name: string): PalimpsestError {
  return new PalimpsestError(
    "E_INVALID_INPUT",
    `${name} is longer than ${longest} bytes; split it into parts`,
  );
}
