import type { FamilyInspection } from "@palimpsest/compat-v1/dual-store";
import type { Command } from "commander";
import {
  type DualstoreOptions,
  dualstoreSource,
  withDualstoreOptions,
} from "../dualstore-options.ts";
import { print, printJson } from "../host.ts";
import type { OutputOptions } from "../open-app.ts";
import type { Session } from "../session.ts";
import { labelled, oneLine, type Row } from "../text-layout.ts";

type Options = DualstoreOptions & OutputOptions;

export function inspectCommand(program: Command, session: Session): void {
  const inspect = program
    .command("inspect")
    .description("Say what an older system's data is like, before anything is written.")
    .helpCommand(false);
  withDualstoreOptions(
    inspect
      .command("dualstore")
      .description("A DualStoreManager family in MongoDB and Chroma; both are only read."),
  )
    .option("--json", "print exactly one JSON value on stdout")
    .addHelpText("after", help)
    .action((options: Options) => inspectDualstore(session, options));
}

async function inspectDualstore({ host }: Session, options: Options): Promise<void> {
  const source = dualstoreSource(host, options);
  const { inspect } = await import("@palimpsest/compat-v1/dual-store");
  const found = await inspect(source.family, source.options);
  if (options.json) printJson(host, found);
  else print(host, describeFamily(found));
}

/** Counts first, then a few of the ids that they are about. */
function describeFamily(found: FamilyInspection): string {
  const rows: Row[] = [
    ["family", oneLine(`${found.family} (database ${found.database})`)],
    ["vectors in", oneLine(found.chromaCollection)],
    ["text, time", oneLine(`${found.textKey}, ${found.timeKey}`)],
    ["written by", found.generation],
    ["dimension", `${found.dimension ?? "unknown"}, space ${found.chromaSpace ?? "unknown"}`],
    ["documents", found.documents],
    ["vectors", found.vectors],
    ["duplicate ids", found.duplicate_ids],
    ["documents without vector", found.documents_without_vector],
    ["vectors without document", found.vectors_without_document],
    ["blank text", found.blank_text],
    ["images", found.images],
    ...named("times", found.timeEncodings),
    ...named("vector flags", found.flags),
  ];
  const { duplicateIds, documentsWithoutVector, vectorsWithoutDocument } = found.samples;
  const samples = [
    ...some(duplicateIds).map(({ id, rows: n }) => `${n} rows of one id: ${id}`),
    ...some(documentsWithoutVector).map((id) => `document without vector: ${id}`),
    ...some(vectorsWithoutDocument).map((id) => `vector without document: ${id}`),
  ];
  const more = samples.length > 0 ? ["--json lists up to twenty of each kind"] : [];
  return [labelled(rows), ...samples.map(oneLine), ...more].join("\n");
}

/** A few of each kind are enough to look one up. */
function some<T>(items: readonly T[]): readonly T[] {
  return items.slice(0, 3);
}

function named(label: string, counts: Readonly<Record<string, number>>): Row[] {
  return Object.entries(counts).map(([name, count]): Row => [`${label}: ${name}`, count]);
}

const help = `
Example:
  $ palimpsest inspect dualstore --mongo mongodb://db:27017 \\
      --chroma http://chroma:8000 --family duck_sessions`;
