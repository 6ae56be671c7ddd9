import { type JsonValue, PalimpsestError } from "@palimpsest/core";
import { pack, unpack as unpackText } from "@palimpsest/optimizer";
import type { Command } from "commander";
import { type Host, print } from "../host.ts";
import { holdThread } from "../records/hold-thread.ts";
import { type InputText, readInput } from "../records/input-text.ts";
import { named } from "../records/json-input.ts";
import type { Session } from "../session.ts";

export function unpackCommand(program: Command, { host }: Session): void {
  program
    .command("unpack")
    .description("Turn packed text back into JSON, on one line, keys in their order.")
    .argument("[file]", "packed text (default: standard input)")
    .addHelpText("after", help)
    .action((file: string | undefined) => unpack(host, file));
}

async function unpack(host: Host, file: string | undefined): Promise<void> {
  const input = await readInput(host, file);
  await holdThread(host);
  const value = decode(input);
  print(host, pack(value, { profile: "minified" }));
}

function decode({ name, text }: InputText): JsonValue {
  if (text.trim() === "") {
    throw new PalimpsestError("E_INVALID_INPUT", `${name} is empty; give packed text`);
  }
  try {
    // `pack` prints its text as a line. A bare carriage return is in no packed text and in no JSON.
    const lines = text.replaceAll("\r\n", "\n").replace(/\n$/, "");
    return unpackText(lines, { numbers: "source" });
  } catch (error) {
    throw named(error, name);
  }
}

const help = `
Damaged text is refused with its line and column; nothing is printed then.
Integer-like keys come first in an object, as JavaScript orders them.

Examples:
  $ palimpsest unpack < records.pack > records.json
  $ palimpsest unpack records.pack | jq length`;
