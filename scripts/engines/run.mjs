// `npm run test:engines` and `npm run engines`: real engines on private loopback ports for as long as a command needs.
//   test [vitest arguments]   the engine tests (the default)
//   exec command [arguments]  any command, with the addresses in its environment
//   keep                      prints the addresses as shell exports and waits for Ctrl-C
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "./commands.mjs";
import { givenUrl, selectedEngines, testVariable } from "./selection.mjs";

const exitCodes = { usage: 2, unreachable: 3 };
const interrupted = new AbortController();
let child;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    interrupted.abort(signal);
    // Ctrl-C reaches the command through the terminal as well.
    if (signal !== "SIGINT") child?.kill(signal);
  });
}

process.exitCode = await main(process.argv.slice(2));

async function main([mode = "test", ...args]) {
  const task = taskOf(mode, args);
  let engines;
  try {
    engines = selectedEngines();
    if (task === undefined)
      throw new Error("usage: run.mjs [test [arguments] | exec command [arguments] | keep]");
  } catch (error) {
    console.error(error.message);
    return exitCodes.usage;
  }
  const folder = await mkdtemp(join(tmpdir(), "palimpsest-engines-"));
  // A server under another account has to pass through; the folder of each engine stays closed.
  await chmod(folder, 0o711);
  const started = [];
  try {
    const urls = await startAll(engines, folder, started);
    return urls === undefined ? failureCode(exitCodes.unreachable) : await task(urls);
  } finally {
    await Promise.all(started.map(({ stop }) => stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

function taskOf(mode, args) {
  if (mode === "keep" && args.length === 0) return keep;
  const test = ["vitest", "run", "--config", "vitest.engines.config.ts", ...args];
  if (mode === "test") return (urls) => execute(test, urls);
  if (mode === "exec" && args.length > 0) return (urls) => execute(args, urls);
  return undefined;
}

async function startAll(engines, folder, started) {
  const absent = engines.filter(
    (engine) => givenUrl(engine) === undefined && !engine.isInstalled(),
  );
  for (const engine of absent) explain(engine, `not installed here (it takes ${engine.needs})`);
  if (absent.length > 0) return undefined;
  const outcomes = await Promise.allSettled(
    engines.map(async (engine) => {
      const server = await start(engine, join(folder, engine.name));
      if (server.stop) started.push(server);
      return [testVariable(engine), server.url];
    }),
  );
  if (interrupted.signal.aborted) return undefined;
  const failed = outcomes.map(({ reason }, index) => ({ reason, engine: engines[index] }));
  for (const { reason, engine } of failed)
    if (reason) explain(engine, reason.message, reason.cause);
  if (outcomes.some(({ status }) => status === "rejected")) return undefined;
  return Object.fromEntries(outcomes.map(({ value }) => value));
}

async function start(engine, folder) {
  const given = givenUrl(engine);
  if (given !== undefined) {
    console.error(`${engine.name}: the server you named`);
    return { url: given };
  }
  await mkdir(folder, { mode: 0o700 });
  const server = await engine.start(folder, interrupted.signal);
  console.error(`${engine.name}: started, port ${new URL(server.url).port}, process ${server.pid}`);
  return server;
}

function explain({ name, urlVariables }, problem, details = "") {
  const others = selectedEngines()
    .map((engine) => engine.name)
    .filter((other) => other !== name);
  const ways = [
    "install it (npm run engines:install)",
    `name a running one (${urlVariables[0]}=…)`,
  ];
  if (others.length > 0) ways.push(`leave it out (ENGINES=${others})`);
  console.error(`${name}: ${problem}; ${ways.join(", or ")}.`);
  if (details) console.error(details.replace(/^/gm, "  "));
}

/** Prints what a shell can source, and waits. */
async function keep(urls) {
  for (const [name, url] of Object.entries(urls)) console.log(`export ${name}='${url}'`);
  console.error("Ctrl-C stops them.");
  const alive = setInterval(() => {}, 60_000);
  await new Promise((resolve) => {
    if (interrupted.signal.aborted) resolve();
    interrupted.signal.addEventListener("abort", resolve);
  });
  clearInterval(alive);
  return 0;
}

async function execute([command, ...args], urls) {
  const path = `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}`;
  const env = { ...process.env, ...urls, PATH: path };
  child = spawn(command, args, { cwd: root, stdio: "inherit", env });
  try {
    const [code, signal] = await once(child, "exit");
    return failureCode(code ?? 128 + (constants.signals[signal] ?? 0));
  } catch (error) {
    console.error(`${command} did not start: ${error.message}`);
    return exitCodes.usage;
  }
}

/** After an interruption, the code that shells give it. */
function failureCode(code) {
  const signal = interrupted.signal.reason;
  return interrupted.signal.aborted ? 128 + constants.signals[signal] : code;
}
