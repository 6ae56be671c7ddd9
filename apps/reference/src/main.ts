import "reflect-metadata";
import {
  describeFailure,
  exitCodeOf,
  type Host,
  processHost,
  startProgress,
} from "@palimpsest/cli";
import {
  createContainer,
  loadConfig,
  type Palimpsest,
  type PalimpsestConfig,
} from "@palimpsest/container";
import type { TokenCounter } from "@palimpsest/core";
import { loadCounter } from "@palimpsest/optimizer";
import { type Logger, pino } from "pino";
import { createApp } from "./app.ts";
import { type Flags, parseFlags, usage } from "./flags.ts";
import { adoptSample, measureTokens } from "./sample.ts";
import { listen } from "./server.ts";
import { summarize } from "./summary.ts";

const loopback = /^(?:127\.|::1$|localhost$)/;

async function start(flags: Flags, host: Host): Promise<void> {
  // Results go to stdout, so logs go to stderr.
  const logger = pino({ name: "palimpsest", level: flags.logLevel }, pino.destination(2));
  const config = loadConfig({ env: host.env, baseDir: host.cwd });
  await using palimpsest = await createContainer(config, {
    onWarning: (text) => logger.warn(text),
  });
  const counter = await loadCounter("o200k_base");
  // A store that somebody named is theirs; the sample goes into the default one only.
  const named = host.env["PALIMPSEST_STORE"] || host.env["PALIMPSEST_CONFIG"];
  if (!named) console.log(await showSample(palimpsest, counter, host));
  if (!flags.once) await serve(palimpsest, counter, { flags, host, logger });
}

async function showSample(
  { store, engine }: Palimpsest,
  counter: TokenCounter,
  host: Host,
): Promise<string> {
  using progress = startProgress(host);
  const adoption = await adoptSample({
    store,
    engine,
    signal: host.signal,
    onProgress: ({ phase, done, total }) => progress.update(`adopting (${phase})`, done, total),
  });
  return summarize(adoption, await measureTokens(store, counter));
}

interface Serving {
  readonly flags: Flags;
  readonly host: Host;
  readonly logger: Logger;
}

async function serve(
  { store, config }: Palimpsest,
  counter: TokenCounter,
  { flags, host, logger }: Serving,
): Promise<void> {
  const loopbackOnly = loopback.test(flags.host);
  if (!loopbackOnly) logger.warn("HOST opens the API, which asks for no credentials, to others");
  const app = createApp({ store, counter, logger, loopbackOnly });
  const server = await listen(app.fetch, flags);
  console.log(
    `\nServing ${describeStore(config)}\n  ${server.url}/openapi.json\n  ${server.url}/health\n  ${server.url}/stats\nCtrl-C stops.`,
  );
  await stopped(host.signal);
  await server.stop();
}

function describeStore({ store }: PalimpsestConfig): string {
  return store.driver === "sqlite" ? store.path : `a store in ${store.driver}`;
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));
}

/** Runs the application; @returns the exit code. */
async function main(host: Host): Promise<number> {
  try {
    const flags = parseFlags(process.argv.slice(2), process.env);
    if (flags.help) console.log(usage);
    else await start(flags, host);
    return 0;
  } catch (error) {
    console.error(describeFailure(error, undefined));
    if (host.env["PALIMPSEST_DEBUG"] && error instanceof Error) console.error(error.stack);
    return exitCodeOf(error);
  }
}

process.exitCode = await main(processHost());
