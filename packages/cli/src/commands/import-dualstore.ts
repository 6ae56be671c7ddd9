import { checkScope } from "@palimpsest/core";
import type { Command } from "commander";
import {
  type DualstoreOptions,
  dualstoreSource,
  withDualstoreOptions,
} from "../dualstore-options.ts";
import { importPhases } from "../import-phases.ts";
import { finishImport } from "../import-summary.ts";
import {
  isNewStore,
  openApp,
  type OutputOptions,
  type StoreOptions,
  withStoreOptions,
} from "../open-app.ts";
import { startProgress } from "../progress.ts";
import type { Session } from "../session.ts";

interface Options extends DualstoreOptions, Omit<StoreOptions, "store">, OutputOptions {
  readonly to?: string;
  readonly scope?: string;
}

export function importDualstoreCommand(parent: Command, session: Session): void {
  const command = parent
    .command("dualstore")
    .description(
      "Bring a DualStoreManager family (MongoDB and Chroma) into a store; v1 is only read.",
    )
    .option("--scope <name>", 'tenant that receives it (default: "")');
  withStoreOptions(withDualstoreOptions(command), "--to")
    .addHelpText("after", help)
    .action((options: Options) => importDualstore(session, options));
}

async function importDualstore(session: Session, options: Options): Promise<void> {
  const { host } = session;
  const { to, scope } = options;
  checkScope(scope ?? "");
  const source = dualstoreSource(host, options);
  const target: StoreOptions = { ...options, ...(to !== undefined && { store: to }) };
  const isNew = isNewStore(host, target);
  // Loaded when asked for: no other command needs the older system's clients.
  const { checkFamily, importDualStore } = await import("@palimpsest/compat-v1/dual-store");
  // A wrong name or address leaves not even an empty store.
  if (isNew) await checkFamily(source.family, source.options);
  await using app = await openApp(host, target, "create");
  using progress = startProgress(host);
  const report = await importDualStore(source.family, {
    ...source.options,
    target: { store: app.store, lock: (name) => app.engine.lock(name) },
    scope,
    signal: host.signal,
    onProgress: ({ phase, done, total }) => progress.update(importPhases[phase], done, total),
  });
  finishImport(session, report, { source: source.family, json: options.json });
}

const help = `
Every row becomes a document. Of rows with one id the newest has it; the others
are kept as <id>~<the row's _id>. Vectors without a row become documents marked
v1.orphan. Running it again changes nothing and brings over what v1 wrote since.

Example:
  $ palimpsest import dualstore --mongo mongodb://db:27017 \\
      --chroma http://chroma:8000 --family duck_sessions --to sqlite:./m.db`;
