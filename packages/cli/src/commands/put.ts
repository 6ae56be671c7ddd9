import { addAbortSignal } from "node:stream";
import { text as readAll } from "node:stream/consumers";
import { describeKey, type JsonObject, PalimpsestError } from "@palimpsest/core";
import type { Command } from "commander";
import { metadataArgument, wholeNumber } from "../arguments.ts";
import { type Host, print, printJson } from "../host.ts";
import { openApp, type OutputOptions, type StoreOptions, withStoreOptions } from "../open-app.ts";
import type { Session } from "../session.ts";

interface Options extends StoreOptions, OutputOptions {
  readonly scope: string;
  readonly id?: string;
  readonly text?: string;
  readonly metadata?: JsonObject;
  readonly timestamp?: number;
}

export function putCommand(program: Command, { host }: Session): void {
  const command = program
    .command("put")
    .description("Store one document, replacing the one with its id.")
    .option("--id <id>", "default: a random one")
    .option("--text <text>", "default: standard input")
    .option("--metadata <json>", "a JSON object", metadataArgument)
    .option(
      "--timestamp <ms>",
      "epoch milliseconds (default: now)",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option("--scope <name>", "tenant", "");
  withStoreOptions(command, "--store")
    .addHelpText("after", examples)
    .action((options: Options) => put(host, options));
}

async function put(host: Host, options: Options): Promise<void> {
  const { scope, id, metadata, timestamp } = options;
  const text = options.text ?? (await textFromInput(host));
  await using app = await openApp(host, options, "create");
  const stored = await app.store.upsert(
    {
      scope,
      text,
      ...(id !== undefined && { id }),
      ...(metadata && { metadata }),
      ...(timestamp !== undefined && { timestamp }),
    },
    { signal: host.signal },
  );
  if (options.json) printJson(host, stored);
  else print(host, `stored ${describeKey(stored)}`);
}

async function textFromInput(host: Host): Promise<string> {
  if (host.stdin.isTTY) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      "put needs a text: give --text or pipe it to standard input",
    );
  }
  return readAll(addAbortSignal(host.signal, host.stdin));
}

const examples = `
Examples:
  $ palimpsest put --id note-1 --text "Ana drinks green tea"
  $ palimpsest put --id readme --metadata '{"kind":"file"}' < README.md`;
