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
  const { documents, vectors, outbox } = await app.store.stats({ signal: host.signal });
  const { modelId, dimension } = app.embedder;
  const store = storeName(app.config);
  if (options.json) {
    const { pending, quarantined } = outbox;
    printJson(host, {
      store,
      documents,
      vectors,
      outbox: { pending, quarantined, oldest: outbox.oldest ?? null },
      embedder: { modelId, dimension },
    });
    return;
  }
  const rows = labelled([
    ["documents", documents],
    ["vectors", vectors],
    ["waiting for the index", outbox.pending],
    ["quarantined", outbox.quarantined],
    ["dimension", dimension],
  ]);
  print(host, `${store}\nembedder ${modelId}\n${rows}`);
}
