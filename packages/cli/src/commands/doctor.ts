import type { ConsistencyReport } from "@palimpsest/store";
import type { Command } from "commander";
import { type Host, print, printJson } from "../host.ts";
import { openApp, type OutputOptions, type StoreOptions, withStoreOptions } from "../open-app.ts";
import { type ScopeOptions, withScopeOptions } from "../scope-options.ts";
import type { Session } from "../session.ts";
import { clip, labelled } from "../text-layout.ts";

interface Options extends StoreOptions, ScopeOptions, OutputOptions {}

export function doctorCommand(program: Command, session: Session): void {
  const command = program
    .command("doctor")
    .description("Compare every document with its index entries; exit 1 if they disagree.");
  withStoreOptions(withScopeOptions(command), "--store")
    .addHelpText("after", "\nExample:\n  $ palimpsest doctor --store sqlite:./memory.db --json")
    .action((options: Options) => doctor(session, options));
}

async function doctor({ host, exitWith }: Session, options: Options): Promise<void> {
  const { scope, json } = options;
  await using app = await openApp(host, options, "read");
  const report = await app.store.checkConsistency({
    signal: host.signal,
    ...(scope !== undefined && { scope }),
  });
  if (json) printJson(host, report);
  else print(host, describeConsistency(report, host));
  if (!report.healthy) exitWith(1);
}

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
