import type { Filter, SearchMode } from "@palimpsest/core";
import { loadCounter } from "@palimpsest/optimizer";
import { type Command, Option } from "commander";
import { filterArgument, wholeNumber } from "../arguments.ts";
import { type Host, note, print, printJson } from "../host.ts";
import { openApp, type OutputOptions, type StoreOptions, withStoreOptions } from "../open-app.ts";
import { type ScopeOptions, selectorOf, withScopeOptions } from "../scope-options.ts";
import type { Session } from "../session.ts";
import { counted } from "../text-layout.ts";
import { hitOf } from "./search.ts";

interface Options extends StoreOptions, ScopeOptions, OutputOptions {
  readonly budget: number;
  readonly k: number;
  readonly mode: SearchMode;
  readonly filter?: Filter;
}

export function contextCommand(program: Command, { host }: Session): void {
  const command = program
    .command("context")
    .description("Print the best hits that fit a token budget, one line each, for a prompt.")
    .argument("<query...>", "what the model is asked")
    .requiredOption("--budget <tokens>", "most tokens (o200k_base)", wholeNumber(0, 10_000_000))
    .option("--k <n>", "most hits to choose from", wholeNumber(0, 1000), 100)
    .addOption(
      new Option("--mode <mode>", "how to search")
        .choices(["hybrid", "vector", "lexical"])
        .default("hybrid"),
    )
    .option("--filter <json>", "filter on metadata", filterArgument);
  withStoreOptions(withScopeOptions(command), "--store")
    .addHelpText("after", examples)
    .action((words: string[], options: Options) => context(host, words.join(" "), options));
}

async function context(host: Host, query: string, options: Options): Promise<void> {
  const { budget, k, mode, filter } = options;
  await using app = await openApp(host, options, "read");
  const { text, tokens, hits, omitted } = await app.store.context(query, {
    ...selectorOf(options),
    budget,
    counter: await loadCounter("o200k_base"),
    k,
    mode,
    signal: host.signal,
    ...(filter && { filter }),
  });
  if (options.json) {
    printJson(host, { text, tokens, hits: hits.map(hitOf), omitted });
    return;
  }
  if (text !== "") print(host, text);
  note(
    host,
    `${counted(hits.length, "hit")}, ${tokens} of ${budget} tokens, ${omitted} did not fit`,
  );
}

const examples = `
Examples:
  $ palimpsest context "what does carlos like" --budget 500
  $ palimpsest context "plans for may" --budget 200 --json`;
