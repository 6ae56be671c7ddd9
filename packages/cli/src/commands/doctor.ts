import type { Palimpsest } from "@palimpsest/container";
import type { DocumentKey } from "@palimpsest/core";
import type { ConsistencyReport } from "@palimpsest/store";
import { type Command, Option } from "commander";
import { wholeNumber } from "../arguments.ts";
import { type Host, print, printJson } from "../host.ts";
import { openApp, type OutputOptions, type StoreOptions, withStoreOptions } from "../open-app.ts";
import { type ScopeOptions, withScopeOptions } from "../scope-options.ts";
import type { Session } from "../session.ts";
import { clip, labelled } from "../text-layout.ts";

interface Options extends StoreOptions, ScopeOptions, OutputOptions {
  readonly full?: boolean;
  readonly limit?: number;
  readonly id?: string;
}

export function doctorCommand(program: Command, session: Session): void {
  const command = program
    .command("doctor")
    .description("Compare every document with its index entries; exit 1 if they disagree.")
    .addOption(
      new Option("--full", "compare everything, on both sides (default)").conflicts("limit"),
    )
    .addOption(
      new Option("--limit <n>", "compare the first n documents only")
        .argParser(wholeNumber(1, 1_000_000_000))
        .conflicts("id"),
    )
    .addOption(new Option("--id <id>", "compare one document").conflicts("full"));
  withStoreOptions(withScopeOptions(command), "--store")
    .addHelpText("after", help)
    .action((options: Options) => doctor(session, options));
}

async function doctor(session: Session, options: Options): Promise<void> {
  const { host, exitWith } = session;
  const { scope, limit, id, json } = options;
  await using app = await openApp(host, options, "read");
  if (id !== undefined) return doctorOne(session, app, { scope: scope ?? "", id }, json === true);
  const range = limit === undefined ? { full: true } : { limit };
  const report = await app.store.getConsistencyReport({
    ...range,
    signal: host.signal,
    ...(scope !== undefined && { scope }),
  });
  const { complete, next, ...rest } = report;
  if (json) printJson(host, limit === undefined ? rest : { ...rest, complete, next: next ?? null });
  else {
    print(host, describeConsistency(report, host));
    if (!complete) print(host, `only the first ${report.documents} documents were compared`);
  }
  if (!report.healthy) exitWith(1);
}

async function doctorOne(
  { host, exitWith }: Session,
  { store }: Palimpsest,
  key: DocumentKey,
  json: boolean,
): Promise<void> {
  const found = await store.checkConsistency(key, { signal: host.signal });
  if (json) printJson(host, found);
  else {
    const { state, quarantined } = found;
    const reason = quarantined ? `, quarantined: ${quarantined.lastError ?? "?"}` : "";
    print(host, clip(`${key.id}: ${state}${reason}`, host.stdout.columns ?? 80));
  }
  if (!found.consistent) exitWith(1);
}

const help = `
Vectors in another engine are read from it, never taken from a record.

Examples:
  $ palimpsest doctor --store sqlite:./memory.db --json
  $ palimpsest doctor --vectors chroma:http://127.0.0.1:8000 --full --json`;

const listed = 20;

/** The counts, then the first problems, one line each. */
export function describeConsistency(report: ConsistencyReport, host: Host): string {
  const width = host.stdout.columns ?? 80;
  const { healthy, documents, unindexed, vectors, missing, orphans, stale, problems } = report;
  const table = labelled([
    ["documents", documents],
    ["without text", unindexed],
    ["vectors", vectors],
    ["missing", missing],
    ["orphans", orphans],
    ["stale", stale],
    ["quarantined", report.quarantined],
    ["waiting for the index", report.pending],
  ]);
  const lines = problems.slice(0, listed).map(({ kind, scope, id, detail }) => {
    const where = scope === "" ? id : `${id} (scope ${scope})`;
    return clip(`${kind}: ${where}: ${detail}`, width);
  });
  const more = problems.length > listed ? [`and more; --json lists the first 100`] : [];
  const verdict = healthy ? "healthy" : "not healthy; run palimpsest repair";
  return [table, ...lines, ...more, verdict].join("\n");
}
