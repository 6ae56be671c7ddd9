import type { Command } from "commander";
import { print, printJson } from "../host.ts";
import {
  openApp,
  type OutputOptions,
  storeName,
  type StoreOptions,
  withStoreOptions,
} from "../open-app.ts";
import type { Session } from "../session.ts";
import { labelled, oneLine } from "../text-layout.ts";

export function statsCommand(program: Command, session: Session): void {
  withStoreOptions(
    program.command("stats").description("Count what a store holds and what still waits."),
    "--store",
  )
    .addHelpText("after", "\nExample:\n  $ palimpsest stats --store sqlite:./memory.db")
    .action((options: StoreOptions & OutputOptions) => stats(session, options));
}

async function stats(
  { host, exitWith }: Session,
  options: StoreOptions & OutputOptions,
): Promise<void> {
  await using app = await openApp(host, options, "report");
  const { documents, vectors, outbox, queue, problems } = await app.store.stats({
    signal: host.signal,
  });
  if (problems.length > 0) exitWith(1);
  const { modelId, dimension } = app.embedder;
  const store = storeName(app.config);
  if (options.json) {
    const { pending, quarantined } = outbox;
    printJson(host, {
      store,
      documents,
      vectors: vectors ?? null,
      outbox: { pending, quarantined, oldest: outbox.oldest ?? null },
      queue: { consistency: queue.consistency, maxBacklog: queue.maxBacklog },
      vectorEngine: app.config.vectors?.driver ?? app.config.store.driver,
      embedder: { modelId, dimension },
      problems: problems.map(({ role, name, problem }) => ({ role, name, ...problem })),
    });
    return;
  }
  const rows = labelled([
    ["documents", documents],
    ["vectors", vectors ?? "not known"],
    ["waiting for the index", outbox.pending],
    ["longest wait in seconds", waitOf(outbox.oldest)],
    ["most that may wait", queue.maxBacklog],
    ["quarantined", outbox.quarantined],
    ["dimension", dimension],
  ]);
  const lines = problems.map((part) => `${part.role}: ${oneLine(part.problem?.message ?? "down")}`);
  print(host, [`${store}\nembedder ${modelId}\n${rows}`, ...lines].join("\n"));
}

function waitOf(oldest: number | undefined): number {
  return oldest === undefined ? 0 : Math.max(0, Math.round((Date.now() - oldest) / 1000));
}
