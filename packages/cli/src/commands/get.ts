import { describeKey, type StoredDocument } from "@palimpsest/core";
import type { Command } from "commander";
import { note, print, printJson } from "../host.ts";
import { openApp, type OutputOptions, type StoreOptions, withStoreOptions } from "../open-app.ts";
import type { Session } from "../session.ts";
import { labelled, oneLine, plainText } from "../text-layout.ts";

interface Options extends StoreOptions, OutputOptions {
  readonly scope: string;
}

export function getCommand(program: Command, session: Session): void {
  const command = program
    .command("get")
    .description("Print one document.")
    .argument("<id>", "the document's id")
    .option("--scope <name>", "tenant", "");
  withStoreOptions(command, "--store")
    .addHelpText("after", "\nExample:\n  $ palimpsest get note-1 --json")
    .action((id: string, options: Options) => get(session, id, options));
}

async function get({ host, exitWith }: Session, id: string, options: Options): Promise<void> {
  const key = { scope: options.scope, id };
  await using app = await openApp(host, options, "read");
  const document = await app.store.get(key, { signal: host.signal });
  if (options.json) printJson(host, document ?? null);
  if (document === undefined) {
    note(host, `palimpsest: no ${describeKey(key)}; search for it, or name its --scope`);
    exitWith(1);
  } else if (!options.json) {
    print(host, describe(document));
  }
}

function describe(document: StoredDocument): string {
  const { scope, id, text, metadata, timestamp, revision } = document;
  const head = labelled([
    ["id", oneLine(id)],
    ["scope", scope === "" ? '""' : oneLine(scope)],
    ["time", new Date(timestamp).toISOString()],
    ["revision", `${revision.epoch}.${revision.counter}`],
    ["metadata", oneLine(JSON.stringify(metadata))],
  ]);
  return `${head}\n\n${plainText(text)}`;
}
