import type { Palimpsest } from "@palimpsest/container";
import { PalimpsestError } from "@palimpsest/core";
import type { ReembedReport } from "@palimpsest/store";
import type { Command } from "commander";
import { wholeNumber } from "../arguments.ts";
import { type Host, print, printJson } from "../host.ts";
import {
  configOf,
  openConfig,
  type OutputOptions,
  type StoreOptions,
  withStoreOptions,
} from "../open-app.ts";
import { startProgress } from "../progress.ts";
import type { Session } from "../session.ts";
import { labelled } from "../text-layout.ts";

interface Options extends StoreOptions, OutputOptions {
  readonly batchSize?: number;
  readonly maxFailed?: number;
  readonly dropOld?: boolean;
}

export function reembedCommand(program: Command, { host }: Session): void {
  const command = program
    .command("reembed")
    .description("Embed all documents with another embedder, then switch to it in one step.")
    .option("--batch-size <n>", "texts per embedding call (default: 128)", wholeNumber(1, 10_000))
    .option(
      "--max-failed <n>",
      "documents the model may fail on (default: 0)",
      wholeNumber(0, 1_000_000_000),
    )
    .option("--drop-old", "erase the old index after the switch");
  withStoreOptions(command, "--store")
    .addHelpText("after", help)
    .action((options: Options) => reembed(host, options));
}

async function reembed(host: Host, options: Options): Promise<void> {
  const { embedder, ...config } = configOf(host, options);
  if (embedder === undefined) {
    throw new PalimpsestError(
      "E_CONFIG",
      "name the embedder to use from now on with --embedder, PALIMPSEST_EMBEDDER or --config",
    );
  }
  await using app = await openConfig(host, config, "reembed");
  using progress = startProgress(host);
  const report = await underLock(app, () =>
    app.reembed(embedder, {
      signal: host.signal,
      onProgress: ({ phase, done, total }) => progress.update(phase, done, total),
      ...(options.batchSize !== undefined && { batchSize: options.batchSize }),
      ...(options.maxFailed !== undefined && { maxFailed: options.maxFailed }),
      ...(options.dropOld !== undefined && { dropOld: options.dropOld }),
    }),
  );
  if (options.json) printJson(host, report);
  else print(host, describe(report));
}

/** Two at once would pay for every text twice. */
async function underLock<T>({ engine }: Palimpsest, work: () => Promise<T>): Promise<T> {
  const lock = await engine.lock("reembed");
  if (lock === undefined) {
    throw new PalimpsestError(
      "E_LOCKED",
      "another process is re-embedding this store; wait until it ends",
    );
  }
  try {
    return await work();
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

function describe(report: ReembedReport): string {
  const { from, to, documents, embedded, skipped, failed, switched, dropped } = report;
  const table = labelled([
    ["documents", documents],
    ["embedded", embedded],
    ["embedded before", skipped],
    ["left to the outbox", failed],
  ]);
  const verdict = switched
    ? `switched from ${from.modelId} to ${to.modelId}`
    : `${to.modelId} was in use already`;
  const old = dropped ? "\nthe old index was erased" : "";
  return `${table}\n${verdict}${old}`;
}

const help = `
The old index serves until the switch, and stays unless --drop-old is given, now
or in a later run. Stopped, the command goes on where it was when run again: no
text is paid for twice. Other processes must reopen the store afterwards.

Examples:
  $ palimpsest reembed --embedder hash --store sqlite:./memory.db
  $ PALIMPSEST_EMBEDDER_MODEL=nomic-embed-text palimpsest reembed --embedder ollama`;
