import type { Command } from "commander";
import { print, printJson } from "../host.ts";
import { openApp, type OutputOptions, type StoreOptions, withStoreOptions } from "../open-app.ts";
import { type ScopeOptions, withScopeOptions } from "../scope-options.ts";
import type { Session } from "../session.ts";
import { labelled } from "../text-layout.ts";
import { describeConsistency } from "./doctor.ts";

interface Options extends StoreOptions, ScopeOptions, OutputOptions {
  readonly dryRun?: boolean;
}

export function repairCommand(program: Command, session: Session): void {
  const command = program
    .command("repair")
    .description("Rebuild what disagrees with the documents; exit 1 if something still does.")
    .option("--dry-run", "only report what would be done");
  withStoreOptions(withScopeOptions(command), "--store")
    .addHelpText("after", "\nExample:\n  $ palimpsest repair --store sqlite:./memory.db --dry-run")
    .action((options: Options) => repair(session, options));
}

async function repair({ host, exitWith }: Session, options: Options): Promise<void> {
  const { scope, dryRun = false, json } = options;
  await using app = await openApp(host, options, dryRun ? "read" : "change");
  const report = await app.store.repair({
    dryRun,
    signal: host.signal,
    ...(scope !== undefined && { scope }),
  });
  if (json) {
    const { drained = null, after = null } = report;
    printJson(host, { ...report, drained, after });
  } else {
    const { queued, orphansDeleted, released, before, after } = report;
    const would = dryRun ? "would be " : "";
    const done = labelled([
      [`${would}indexed again`, queued],
      [`orphans ${would}deleted`, orphansDeleted],
      [`${would}released from quarantine`, released],
    ]);
    print(host, `${done}\n\n${describeConsistency(after ?? before, host)}`);
  }
  if (!report.healthy) exitWith(1);
}
