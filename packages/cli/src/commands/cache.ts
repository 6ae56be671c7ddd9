import type { ClassSummary } from "@palimpsest/cache";
import { PalimpsestError, redactUrls } from "@palimpsest/core";
import { type Command, Option } from "commander";
import { type CacheStoreOptions, openCacheStore, withCacheOptions } from "../cache-store.ts";
import { type Host, print, printJson } from "../host.ts";
import type { Session } from "../session.ts";
import { counted, labelled, oneLine, type Row } from "../text-layout.ts";

interface ClearOptions extends CacheStoreOptions {
  readonly all?: boolean;
  readonly tag?: readonly string[];
  readonly scope?: string;
  readonly prefix?: string;
}

/** Milliseconds for the server to confirm: nobody waits for an answer of the model here. */
const patience = 10_000;

export function cacheCommand(program: Command, { host }: Session): void {
  const cache = program
    .command("cache")
    .description("Look at a cache that processes share, or clear it.")
    .helpCommand(false);
  withCacheOptions(
    cache.command("stats").description("Sum what all processes counted: hits, time, money."),
  )
    .addHelpText("after", statsHelp)
    .action((options: CacheStoreOptions) => stats(host, options));
  withCacheOptions(
    cache.command("clear").description("Invalidate entries, in running processes too."),
  )
    .addOption(
      new Option("--tag <name>", "what carries the tag, of any tenant; may be repeated")
        .argParser(collect)
        // Both together could mean what has both, or what has either.
        .conflicts(["scope", "prefix"]),
    )
    .option("--scope <name>", "what belongs to the tenant")
    .option("--prefix <path>", 'of one tenant (default: "") what is below, such as llm/chat')
    .addOption(new Option("--all", "everything").conflicts(["tag", "scope", "prefix"]))
    .addHelpText("after", clearHelp)
    .action((options: ClearOptions) => clear(host, options));
}

async function stats(host: Host, options: CacheStoreOptions): Promise<void> {
  // Loaded here, so that no other command pays for it.
  const { SharedStatistics, summarise, totalOf } = await import("@palimpsest/cache");
  await using opened = await openCacheStore(host, options);
  const { store } = opened;
  const { namespace } = options;
  const snapshot = await new SharedStatistics({ store, namespace }).read({ signal: host.signal });
  const summaries = Object.entries(snapshot.classes).map(
    ([name, counters]) => [name, summarise(counters)] as const,
  );
  const total = summarise(totalOf(snapshot));
  if (options.json) {
    const cache = redactUrls(options.cache);
    const classes = Object.fromEntries(summaries);
    printJson(host, { cache, namespace, at: snapshot.at, total, classes });
  } else {
    print(host, describe(total, summaries));
  }
}

async function clear(host: Host, options: ClearOptions): Promise<void> {
  const { all = false, tag: tags = [], scope, prefix } = options;
  if (!all && tags.length === 0 && scope === undefined && prefix === undefined) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      "cache clear needs --tag, --scope, --prefix or --all: nothing is cleared by accident",
    );
  }
  const { TieredCache } = await import("@palimpsest/cache");
  await using opened = await openCacheStore(host, options);
  await using cache = new TieredCache({
    store: opened.store,
    namespace: options.namespace,
    invalidationDeadline: patience,
  });
  const { signal } = host;
  if (all) await cache.clear({ signal });
  if (tags.length > 0) await cache.invalidateTags(tags, { signal });
  if (scope !== undefined || prefix !== undefined) {
    await cache.invalidatePrefix(scope ?? "", prefix ?? "", { signal });
  }
  const cleared = {
    all,
    tags,
    ...((scope !== undefined || prefix !== undefined) && {
      scope: scope ?? "",
      prefix: prefix ?? "",
    }),
  };
  if (options.json) printJson(host, { cache: redactUrls(options.cache), cleared });
  else print(host, "cleared; running processes drop what they hold");
}

function collect(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

function describe(
  total: ClassSummary,
  classes: readonly (readonly [string, ClassSummary])[],
): string {
  const rows: Row[] = [
    ["requests", total.requests],
    ["hit rate", percent(total.hitRate)],
    ["calls saved", total.callsSaved],
    ["stale hits", total.staleHits],
    ["errors", total.errors],
    ["bytes filled", total.bytes],
    ["tokens saved", total.tokensSaved],
    ["money saved", money(total.netSaved)],
    ["  less spent", money(total.costSpent)],
    [
      "a call, p50 / p95",
      `${duration(total.fillLatency.p50)} / ${duration(total.fillLatency.p95)}`,
    ],
    ["a hit, p50 / p95", `${duration(total.hitLatency.p50)} / ${duration(total.hitLatency.p95)}`],
  ];
  const lines = classes
    .toSorted(([, a], [, b]) => b.requests - a.requests)
    .map(([name, { requests, hitRate, errors, netSaved }]) =>
      oneLine(
        `${name}: ${counted(requests, "request")}, ${percent(hitRate)} hits, ${counted(errors, "error")}, ${money(netSaved)} saved`,
      ),
    );
  return [labelled(rows), ...lines].join("\n");
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const money = (amount: number): string => amount.toFixed(4);

function duration(milliseconds: number | null): string {
  return milliseconds === null ? "none" : `${milliseconds} ms`;
}

const statsHelp = `
Processes add their counts by a StatisticsFlush of @palimpsest/cache. Latencies
are rounded up by at most 28 %.

Example:
  $ palimpsest cache stats --cache redis://localhost:6379 --json`;

const clearHelp = `
Nothing is scanned: entries are outdated by a stamp, in the time of one round
trip, and running processes hear of it.

Examples:
  $ palimpsest cache clear --cache redis://localhost:6379 --tag user:7
  $ palimpsest cache clear --cache redis://localhost:6379 --scope ana --prefix llm
  $ palimpsest cache clear --cache sqlite:./cache.db --all`;
