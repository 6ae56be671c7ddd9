import type { JsonValue } from "@palimpsest/core";
import {
  deduplicate,
  type Deduplicated,
  type DeduplicateOptions,
  type DeduplicationLevel,
  pack,
} from "@palimpsest/optimizer";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Host, note, print, written } from "../host.ts";
import type { OutputOptions } from "../open-app.ts";
import { holdThread } from "../records/hold-thread.ts";
import { readInput } from "../records/input-text.ts";
import { readJson, recordsOf } from "../records/json-input.ts";
import type { Session } from "../session.ts";
import { counted } from "../text-layout.ts";

interface Options extends OutputOptions {
  readonly jsonl?: boolean;
  readonly level: DeduplicationLevel;
  readonly threshold?: number;
}

export function dedupeCommand(program: Command, { host }: Session): void {
  program
    .command("dedupe")
    .description("Merge records that say the same; contradictions are reported, never merged.")
    .argument("[file]", "JSON array or JSONL (default: standard input)")
    .addOption(
      new Option("--level <level>", "what counts as the same")
        .choices(["exact", "normalised", "near"])
        .default("exact"),
    )
    .option("--threshold <fraction>", "least similarity at level near, e.g. 0.9", fraction)
    .option("--jsonl", "every line is a record, even if there is only one")
    .option("--json", "print {records, indexMap, merges, contradictions, problems}")
    .addHelpText("after", help)
    .action((file: string | undefined, options: Options) => dedupe(host, file, options));
}

async function dedupe(host: Host, file: string | undefined, options: Options): Promise<void> {
  const { level, threshold, json, jsonl } = options;
  const text = await readInput(host, file);
  await holdThread(host);
  const input = readJson(text, jsonl);
  const records = recordsOf(input);
  const plan: DeduplicateOptions = { level, ...(threshold !== undefined && { threshold }) };
  const found = deduplicate<JsonValue>(records, plan);
  if (json) {
    print(host, minified({ ...found }));
    return;
  }
  if (await written(host, textOf(found.records, input.isLines))) {
    note(host, summary(records.length, found));
  }
}

function summary(given: number, found: Deduplicated<JsonValue>): string {
  const { records, merges, contradictions, problems } = found;
  const left = `${records.length} left after ${counted(merges.length, "merge")}`;
  const conflicts = counted(contradictions.length, "contradiction");
  return `${counted(given, "record")}, ${left}; ${conflicts}, ${problems.length} not comparable`;
}

/** In one piece: whoever stops the command keeps no half of it. */
function textOf(records: readonly JsonValue[], asLines: boolean): string {
  const lines = asLines ? records.map(minified) : [minified(records)];
  return lines.map((line) => `${line}\n`).join("");
}

/** Numbers as they were written, at any depth. */
function minified(value: unknown): string {
  return pack(value, { profile: "minified" });
}

function fraction(text: string): number {
  const value = /^(?:0|1|0?\.\d+|1\.0+)$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("Give a fraction above 0 and at most 1.");
}

const help = `
A record is identified by scope (or user_id), category, key and value. Lines
stay lines; counts go to standard error.

Examples:
  $ palimpsest dedupe < facts.jsonl > merged.jsonl
  $ palimpsest dedupe facts.json --level near --threshold 0.9 --json`;
