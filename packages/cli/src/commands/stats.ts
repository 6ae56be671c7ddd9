import type { Command } from "commander";
import { type Host, print, printJson } from "../host.ts";
import {
  openApp,
  type OutputOptions,
  storeName,
  type StoreOptions,
  withStoreOptions,
} from "../open-app.ts";
import type { Session } from "../session.ts";
import { labelled } from "../text-layout.ts";

export function statsCommand(program: Command, { host }: Session): void {
  withStoreOptions(
    program.command("stats").description("Count what a store holds and what still waits."),
    "--store",
  )
    .addHelpText("after", "\nExample:\n  $ palimpsest stats --store sqlite:./memory.db")
    .action((options: StoreOptions & OutputOptions) => stats(host, options));
}

async function stats(host: Host, options: StoreOptions & OutputOptions): Promise<void> {
  await using app = await openApp(host, options, "read");
  const { documents, vectors, outbox, queue } = await app.store.stats({ signal: host.signal });
  const { modelId, dimension } = app.embedder;
  const store = storeName(app.config);
  if (options.json) {
    const { pending, quarantined } = outbox;
    printJson(host, {
      store,
      documents,
      vectors,
      outbox: { pending, quarantined, oldest: outbox.oldest ?? null },
      queue: { consistency: queue.consistency, maxBacklog: queue.maxBacklog },
      vectorEngine: app.config.vectors?.driver ?? app.config.store.driver,
      embedder: { modelId, dimension },
    });
    return;
  }
  const rows = labelled([
    ["documents", documents],
    ["vectors", vectors],
    ["waiting for the index", outbox.pending],
    ["longest wait in seconds", waitOf(outbox.oldest)],
    ["most that may wait", queue.maxBacklog],
    ["quarantined", outbox.quarantined],
    ["dimension", dimension],
  ]);
  print(host, `${store}\nembedder ${modelId}\n${rows}`);
}

function waitOf(oldest: number | undefined): number {
  return oldest === undefined ? 0 : Math.max(0, Math.round((Date.now() - oldest) / 1000));
}
