import { resolve } from "node:path";
import { checkScope, PalimpsestError } from "@palimpsest/core";
import { importLuminora, type ImportReport } from "@palimpsest/migration";
import { openLuminora } from "@palimpsest/migration/luminora";
import { type Command, Option } from "commander";
import type { Host } from "../host.ts";
import { checkJsonl, importJsonl, type JsonlReport, type JsonlSource } from "../jsonl-import.ts";
import { importPhases } from "../import-phases.ts";
import {
  isNewStore,
  openApp,
  type OutputOptions,
  type StoreOptions,
  withStoreOptions,
} from "../open-app.ts";
import { startProgress } from "../progress.ts";
import type { Session } from "../session.ts";
import { detectFormat, type SourceFormat } from "../source-format.ts";
import { finishImport } from "../import-summary.ts";
import { importDualstoreCommand } from "./import-dualstore.ts";

interface Options extends Omit<StoreOptions, "store">, OutputOptions {
  readonly to?: string;
  readonly scope?: string;
  readonly timezone?: string;
  readonly format?: SourceFormat;
}

export function importCommand(program: Command, session: Session): void {
  const command = program
    .command("import")
    .description("Bring a LuminoraCore v1 database or a JSONL export into a store, and verify it.")
    .argument("<file>", "v1 SQLite file or JSONL; it is only read")
    .option("--scope <name>", 'tenant (default: a record\'s own, else "")')
    .option("--timezone <zone>", "zone of v1's times, e.g. Europe/Madrid (default: UTC)")
    .addOption(
      new Option("--format <format>", "instead of looking at the file").choices([
        "luminora",
        "jsonl",
      ]),
    );
  withStoreOptions(command, "--to")
    .addHelpText("after", help)
    .action((file: string, options: Options) => importFile(session, file, options))
    // So that only `dualstore` is no file; one of that name is `./dualstore`.
    .helpCommand(false);
  importDualstoreCommand(command, session);
}

async function importFile(session: Session, file: string, options: Options): Promise<void> {
  const { host } = session;
  const { to, scope, timezone } = options;
  const target: StoreOptions = { ...options, ...(to !== undefined && { store: to }) };
  const source: JsonlSource = { path: resolve(host.cwd, file), scope, signal: host.signal };
  checkScope(scope ?? "");
  checkZone(timezone);
  const isNew = isNewStore(host, target);
  const detected = await detectFormat(source.path);
  const format = options.format ?? detected;
  const report =
    format === "jsonl"
      ? await fromJsonl(host, source, target)
      : await fromLuminora(host, source, { target, timezone, isNew });
  finishImport(session, report, { source: source.path, json: options.json });
}

/** Everything is checked before the target is opened, so a bad file leaves not even an empty store. */
async function fromJsonl(
  host: Host,
  source: JsonlSource,
  target: StoreOptions,
): Promise<JsonlReport> {
  const total = await checkJsonl(source);
  await using app = await openApp(host, target, "create");
  const lock = await app.engine.lock("import");
  if (lock === undefined) {
    throw new PalimpsestError(
      "E_LOCKED",
      "another import is writing to the target; wait until it has finished, then run again",
    );
  }
  await using _ = lock;
  using progress = startProgress(host);
  return await importJsonl(source, app.store, (done) => progress.update("writing", done, total));
}

interface LuminoraTarget {
  readonly target: StoreOptions;
  readonly timezone: string | undefined;
  readonly isNew: boolean;
}

async function fromLuminora(
  host: Host,
  { path, scope, signal }: JsonlSource,
  { target, timezone, isNew }: LuminoraTarget,
): Promise<ImportReport> {
  if (isNew) (await openLuminora(path, { signal }))[Symbol.dispose]();
  await using app = await openApp(host, target, "create");
  using progress = startProgress(host);
  return await importLuminora({
    source: path,
    target: { store: app.store, lock: (name) => app.engine.lock(name) },
    scope,
    timezone,
    signal,
    onProgress: ({ phase, done, total }) => progress.update(importPhases[phase], done, total),
  });
}

function checkZone(timezone: string | undefined): void {
  try {
    Intl.DateTimeFormat("en", { timeZone: timezone ?? "UTC" });
  } catch (error) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `--timezone ${JSON.stringify(timezone)} is unknown; use an IANA name such as Europe/Madrid`,
      { cause: error },
    );
  }
}

const help = `
JSONL: one object per line with id and text; scope, metadata, timestamp (epoch
milliseconds) and digest may be left out. All lines are checked before the
first is written. Running an import again changes nothing.

Examples:
  $ palimpsest import luminora.db --to sqlite:./m.db --timezone Europe/Madrid
  $ palimpsest import backup.jsonl --to sqlite:./copy.db --json`;
