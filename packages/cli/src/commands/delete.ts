import { describeKey, type Filter, PalimpsestError } from "@palimpsest/core";
import type { Palimpsest } from "@palimpsest/container";
import type { Command } from "commander";
import { filterArgument } from "../arguments.ts";
import { note, print, printJson } from "../host.ts";
import { openApp, type OutputOptions, type StoreOptions, withStoreOptions } from "../open-app.ts";
import type { Session } from "../session.ts";

interface Options extends StoreOptions, OutputOptions {
  readonly scope: string;
  readonly filter?: Filter;
  readonly dryRun?: boolean;
}

export function deleteCommand(program: Command, session: Session): void {
  const command = program
    .command("delete")
    .description("Delete one document, or every document of one scope that a filter matches.")
    .argument("[id]", "the document's id")
    .option("--filter <json>", "filter on metadata", filterArgument)
    .option("--dry-run", "only count what would be deleted")
    .option("--scope <name>", "tenant", "");
  withStoreOptions(command, "--store")
    .addHelpText("after", examples)
    .action((id: string | undefined, options: Options) => remove(session, id, options));
}

async function remove(session: Session, id: string | undefined, options: Options): Promise<void> {
  const { host, exitWith } = session;
  const { scope, filter, dryRun = false, json } = options;
  if ((id === undefined) === (filter === undefined)) {
    throw new PalimpsestError("E_INVALID_INPUT", "delete needs either an id or --filter, not both");
  }
  await using app = await openApp(host, options, "change");
  const deleted =
    id === undefined
      ? await deleteMatches(app, options, host.signal)
      : await deleteOne(app, { scope, id }, dryRun, host.signal);
  if (json) printJson(host, { deleted, dryRun });
  else print(host, `${deleted} ${dryRun ? "would be " : ""}deleted`);
  if (id !== undefined && deleted === 0) {
    note(host, `palimpsest: no ${describeKey({ scope, id })}; search for it, or name its --scope`);
    exitWith(1);
  }
}

async function deleteMatches(
  { store }: Palimpsest,
  { scope, filter, dryRun }: Options,
  signal: AbortSignal,
): Promise<number> {
  if (filter === undefined) return 0;
  return dryRun
    ? store.count({ scope, filter, signal })
    : store.deleteWhere({ scope, filter, signal });
}

async function deleteOne(
  { store }: Palimpsest,
  key: { readonly scope: string; readonly id: string },
  dryRun: boolean,
  signal: AbortSignal,
): Promise<number> {
  const existed = dryRun
    ? (await store.get(key, { signal })) !== undefined
    : await store.delete(key, { signal });
  return existed ? 1 : 0;
}

const examples = `
Examples:
  $ palimpsest delete note-1
  $ palimpsest delete --dry-run \\
      --filter '{"op":"eq","path":["kind"],"value":"turn"}'`;
