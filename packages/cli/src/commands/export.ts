import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Filter, PalimpsestError } from "@palimpsest/core";
import type { Palimpsest } from "@palimpsest/container";
import type { Command } from "commander";
import { filterArgument } from "../arguments.ts";
import { type Host, note, printJson } from "../host.ts";
import { formatRecord } from "../jsonl-record.ts";
import { openApp, type OutputOptions, type StoreOptions, withStoreOptions } from "../open-app.ts";
import { type ScopeOptions, selectorOf, withScopeOptions } from "../scope-options.ts";
import type { Session } from "../session.ts";

interface Options extends StoreOptions, ScopeOptions, OutputOptions {
  readonly out?: string;
  readonly filter?: Filter;
}

export function exportCommand(program: Command, { host }: Session): void {
  const command = program
    .command("export")
    .description("Write documents as JSONL, for backups and scripts.")
    .option("--out <file>", "default: standard output; replaced only when complete")
    .option("--filter <json>", "filter on metadata", filterArgument);
  withStoreOptions(withScopeOptions(command), "--store")
    .addHelpText("after", help)
    .action((options: Options) => exportDocuments(host, options));
}

async function exportDocuments(host: Host, options: Options): Promise<void> {
  const out = options.out === undefined ? undefined : resolve(host.cwd, options.out);
  if (options.json && out === undefined) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      "--json needs --out, because the documents themselves go to standard output",
    );
  }
  await using app = await openApp(host, options, "read");
  refuseOwnFile(app, out);
  const count = { documents: 0 };
  const lines = Readable.from(linesOf(app, options, host.signal, count));
  if (out === undefined) await pipeline(lines, host.stdout, { end: false });
  else await replaceFile(out, lines);
  if (options.json) printJson(host, { out, ...count });
  else note(host, `${count.documents} documents exported`);
}

async function* linesOf(
  { store }: Palimpsest,
  options: Options,
  signal: AbortSignal,
  count: { documents: number },
): AsyncGenerator<string> {
  const { filter } = options;
  const selection = { ...selectorOf(options), signal, ...(filter && { filter }) };
  for await (const document of store.scan(selection)) {
    count.documents++;
    yield `${formatRecord(document)}\n`;
  }
}

/** A reader never sees half an export, and a failed one leaves the old file. */
async function replaceFile(path: string, lines: Readable): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await pipeline(lines, createWriteStream(partial, { flags: "wx", flush: true }));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

function refuseOwnFile({ config: { store } }: Palimpsest, out: string | undefined): void {
  if (store.driver !== "sqlite" || out === undefined) return;
  if (!["", "-wal", "-shm"].some((suffix) => store.path + suffix === out)) return;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `--out ${out} is the store itself; name another file`,
  );
}

const help = `
Each line is one live document: scope, id, text, metadata, timestamp, digest.
Vectors, revisions and deletions stay behind: the store that imports the file
builds its own. One scope is exported unless --all-scopes is given.

Examples:
  $ palimpsest export --all-scopes --out backup.jsonl
  $ palimpsest export --scope ana | wc -l`;
