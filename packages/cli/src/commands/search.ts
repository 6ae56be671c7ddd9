import type { Filter, SearchHit, SearchMode } from "@palimpsest/core";
import { type Command, Option } from "commander";
import { filterArgument, wholeNumber } from "../arguments.ts";
import { type Host, print, printJson } from "../host.ts";
import { openApp, type OutputOptions, type StoreOptions, withStoreOptions } from "../open-app.ts";
import { type ScopeOptions, selectorOf, withScopeOptions } from "../scope-options.ts";
import type { Session } from "../session.ts";
import { clip, oneLine } from "../text-layout.ts";

interface Options extends StoreOptions, ScopeOptions, OutputOptions {
  readonly k: number;
  readonly mode: SearchMode;
  readonly filter?: Filter;
}

export function searchCommand(program: Command, { host }: Session): void {
  const command = program
    .command("search")
    .description("Find documents by meaning and by words, best first.")
    .argument("<query...>", "what to look for")
    .option("--k <n>", "number of hits", wholeNumber(0, 1000), 10)
    .addOption(
      new Option("--mode <mode>", "how to search")
        .choices(["hybrid", "vector", "lexical"])
        .default("hybrid"),
    )
    .option("--filter <json>", "filter on metadata", filterArgument);
  withStoreOptions(withScopeOptions(command), "--store")
    .addHelpText("after", examples)
    .action((words: string[], options: Options) => search(host, words.join(" "), options));
}

async function search(host: Host, query: string, options: Options): Promise<void> {
  const { k, mode, filter, json } = options;
  await using app = await openApp(host, options, "read");
  const hits = await app.store.search(query, {
    ...selectorOf(options),
    k,
    mode,
    signal: host.signal,
    ...(filter && { filter }),
  });
  if (json) {
    printJson(host, { hits: hits.map(hitOf) });
  } else {
    print(host, hits.length === 0 ? "nothing found" : hits.map(lineOf(host, options)).join("\n"));
  }
}

/** The published fields, whatever a store adds to its hits. */
export function hitOf({ scope, id, score, text, metadata, timestamp }: SearchHit): SearchHit {
  return { scope, id, score, text, metadata, timestamp };
}

function lineOf(host: Host, { allScopes }: Options): (hit: SearchHit) => string {
  const width = host.stdout.columns ?? 80;
  return ({ scope, id, score, text }) => {
    const name = oneLine(allScopes && scope !== "" ? `${id}  (scope ${scope})` : id);
    return `${score.toFixed(3)}  ${name}\n       ${clip(text, width - 7)}`;
  };
}

const examples = `
Examples:
  $ palimpsest search "favourite sport" --k 5
  $ palimpsest search tea --mode lexical --all-scopes --json
  $ palimpsest search tea --filter '{"op":"eq","path":["kind"],"value":"fact"}'`;
