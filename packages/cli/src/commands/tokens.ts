import { setImmediate } from "node:timers/promises";
import { type JsonValue, throwIfAborted, type TokenCounter } from "@palimpsest/core";
import {
  analyzeFields,
  type EstimateCounter,
  estimateCounter,
  estimateFamilies,
  type EstimateFamily,
  exactFamilies,
  type ExactFamily,
  loadCounter,
  type MeasuredStep,
  measureSteps,
} from "@palimpsest/optimizer";
import { type Command, Option } from "commander";
import { wholeNumber } from "../arguments.ts";
import { type Host, note, print, printJson } from "../host.ts";
import type { OutputOptions } from "../open-app.ts";
import { holdThread } from "../records/hold-thread.ts";
import { readInput } from "../records/input-text.ts";
import { readJson, recordsWithin } from "../records/json-input.ts";
import { fieldTable, stepTable } from "../records/token-tables.ts";
import type { Session } from "../session.ts";

type Family = ExactFamily | EstimateFamily;

interface Options extends OutputOptions {
  readonly jsonl?: boolean;
  readonly family: Family;
  readonly byField?: boolean;
  readonly sample: number;
}

export function tokensCommand(program: Command, { host }: Session): void {
  program
    .command("tokens")
    .description("Count what records cost a model in each form, and what each field costs.")
    .argument("[file]", "JSON or JSONL (default: standard input)")
    .option("--by-field", "what each field costs in minified JSON, and what leaving it out saves")
    .addOption(
      new Option("--family <family>", "vocabulary; all but the first two are estimates")
        .choices([...new Set<string>([...exactFamilies, ...estimateFamilies])])
        .default("o200k_base"),
    )
    .option(
      "--sample <n>",
      "most records to measure by field, evenly spaced",
      wholeNumber(1, 10_000_000),
      5000,
    )
    .option("--jsonl", "every line is a record, even if there is only one")
    .option("--json", "print exactly one JSON value on stdout")
    .addHelpText("after", help)
    .action((file: string | undefined, options: Options) => tokens(host, file, options));
}

async function tokens(host: Host, file: string | undefined, options: Options): Promise<void> {
  const input = await readInput(host, file);
  const counter = await counterOf(options.family);
  await holdThread(host);
  const { value } = readJson(input, options.jsonl);
  if (options.byField) printFields(host, recordsWithin(value), { counter, options });
  else await printSteps(host, value, { counter, options });
  if (isEstimate(counter) && !options.json) note(host, estimateNote(counter));
}

interface Measuring {
  readonly counter: TokenCounter | EstimateCounter;
  readonly options: Options;
}

async function printSteps(
  host: Host,
  value: JsonValue,
  { counter, options }: Measuring,
): Promise<void> {
  const steps: MeasuredStep[] = [];
  for (const step of measureSteps(value, { counter })) {
    steps.push(step);
    // A host that has only its signal is heard between two steps: counting does not wait.
    await setImmediate();
    throwIfAborted(host.signal);
  }
  if (options.json) printJson(host, { family: counter.family, steps, ...accuracy(counter) });
  else print(host, stepTable(steps, host.stdout.columns));
}

function printFields(
  host: Host,
  records: readonly JsonValue[],
  { counter, options: { json, sample } }: Measuring,
): void {
  const analysis = analyzeFields(records, { counter, sample });
  if (json) {
    printJson(host, { ...analysis, ...accuracy(counter) });
    return;
  }
  const { columns } = host.stdout;
  print(host, `${fieldTable(analysis.fields, columns)}\n\n${stepTable(analysis.steps, columns)}`);
  const { records: given, measured } = analysis;
  if (measured < given) note(host, `figures are of ${measured} of ${given} records; see --sample`);
}

function counterOf(family: Family): TokenCounter | Promise<TokenCounter> {
  const exact = exactFamilies.find((name) => name === family);
  return exact === undefined ? estimateCounter(family) : loadCounter(exact);
}

function isEstimate(counter: TokenCounter): counter is EstimateCounter {
  return "calibratedOn" in counter;
}

/** Says with a count that it is an estimate, and how good. */
function accuracy(counter: TokenCounter): object {
  if (!isEstimate(counter)) return {};
  const { error, calibratedOn, factor, factorSource } = counter;
  return { estimate: { error, calibratedOn, factor, factorSource } };
}

function estimateNote({
  family,
  error,
  calibratedOn,
  factor,
  factorSource,
}: EstimateCounter): string {
  const parts = [
    `${family} is estimated: mean error ${Math.round(error.mean * 100)} % of a short text`,
    `fitted to ${calibratedOn}`,
    ...(factorSource === undefined ? [] : [`times ${factor} (${factorSource})`]),
  ];
  return parts.join("; ");
}

const help = `
Forms: padded and minified JSON, packed readable and dense, and minified after
duplicates were merged. A list inside one object counts as the records.

Examples:
  $ palimpsest tokens < records.json
  $ palimpsest tokens facts.jsonl --by-field --family claude`;
