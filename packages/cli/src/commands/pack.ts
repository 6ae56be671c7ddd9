import { type JsonValue, PalimpsestError } from "@palimpsest/core";
import {
  loadCounter,
  pack as packValue,
  type PackOptions,
  type PackProfile,
} from "@palimpsest/optimizer";
import { type Command, Option } from "commander";
import { wholeNumber } from "../arguments.ts";
import { type Host, print, printJson } from "../host.ts";
import type { OutputOptions } from "../open-app.ts";
import { holdThread } from "../records/hold-thread.ts";
import { readInput } from "../records/input-text.ts";
import { named, readJson } from "../records/json-input.ts";
import type { Session } from "../session.ts";

interface Options extends OutputOptions {
  readonly jsonl?: boolean;
  readonly profile: PackProfile | "auto";
  readonly legend?: boolean;
  readonly repeatHeader?: number;
}

export function packCommand(program: Command, { host }: Session): void {
  program
    .command("pack")
    .description("Write JSON or JSONL in a form that costs a model fewer tokens, without loss.")
    .argument("[file]", "JSON or JSONL (default: standard input)")
    .addOption(
      new Option("--profile <profile>", "how dense; auto takes the smaller of readable and JSON")
        .choices(["readable", "dense", "minified", "auto"])
        .default("readable"),
    )
    .option("--legend", "put a paragraph that explains the form before it")
    .option("--repeat-header <n>", "repeat the header every n rows", wholeNumber(1, 1_000_000))
    .option("--jsonl", "every line is a record, even if there is only one")
    .option("--json", "print {text, tokens, minifiedTokens} (o200k_base)")
    .addHelpText("after", help)
    .action((file: string | undefined, options: Options) => pack(host, file, options));
}

async function pack(host: Host, file: string | undefined, options: Options): Promise<void> {
  const input = await readInput(host, file);
  await holdThread(host);
  const { name, value } = readJson(input, options.jsonl);
  if (options.profile !== "auto" && !options.json) {
    print(host, packNamed(name, value, { ...commonOf(options), profile: options.profile }));
    return;
  }
  const counter = await loadCounter("o200k_base");
  const { profile } = options;
  const choice = profile === "auto" ? { profile, counter } : { profile };
  const text = packNamed(name, value, { ...commonOf(options), ...choice });
  if (!options.json) {
    print(host, text);
    return;
  }
  const minifiedTokens = counter.count(packNamed(name, value, { profile: "minified" }));
  printJson(host, { text, tokens: counter.count(text), minifiedTokens });
}

function commonOf({ legend = false, repeatHeader }: Options) {
  return { legend, ...(repeatHeader !== undefined && { repeatHeader }) };
}

/** Parsed JSON can still hold what the form does not, such as a lone surrogate. */
function packNamed(name: string, value: JsonValue, options: PackOptions): string {
  try {
    return packValue(value, options);
  } catch (error) {
    if (error instanceof PalimpsestError) throw named(error, name);
    throw error;
  }
}

const help = `
Numbers stay as they are written. The form is described in docs/pack-format.md;
unpack reads it back.

Examples:
  $ palimpsest pack < records.json > records.pack
  $ palimpsest pack facts.jsonl --profile dense --legend`;
