// Starts one server process, waits until it answers, and stops it for sure.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram } from "./commands.mjs";

const startMs = 60_000;
const graceMs = 10_000;
const running = new Set();

// The last resort, for an exit that ran no `stop()`.
process.on("exit", () => {
  for (const child of running) signalGroup(child, "SIGKILL");
});

/**
 * @param {object} options
 * @param {string[]} options.command the server in the foreground and its arguments
 * @param {string} options.folder its working folder; its output goes to `server.log` there
 * @param {{ uid: number, gid: number }} [options.user] the account to run it as
 * @param {string} [options.input] what it reads from stdin, out of sight of the process list
 * @param {(log: string) => unknown} options.ready asked again until it gives a truthy value
 * @param {NodeJS.Signals} [options.stopSignal]
 * @param {AbortSignal} [options.signal] ends the wait for it
 */
export async function startServer({ command, folder, user, input, ready, ...options }) {
  const logFile = join(folder, "server.log");
  const log = openSync(logFile, "w", 0o600);
  const stopSignal = options.stopSignal ?? "SIGTERM";
  const [file, ...args] = [...endingWithUs(stopSignal), ...command];
  // A process group of its own: Ctrl-C in the terminal must not stop it before the tests that use it.
  const stdio = [input === undefined ? "ignore" : "pipe", log, log];
  const child = spawn(file, args, { cwd: folder, stdio, detached: true, ...user });
  closeSync(log);
  if (child.pid !== undefined) running.add(child);
  let failure;
  const exited = new Promise((resolve) => {
    child.once("error", (error) => resolve((failure = error.message)));
    child.once("exit", (code, by) =>
      resolve((failure ??= `it ended with ${by ?? `code ${code}`}`)),
    );
  }).finally(() => running.delete(child));
  child.stdin?.on("error", () => {}).end(input);

  const stop = () => stopServer(child, exited, stopSignal);
  const readLog = () => readFileSync(logFile, "utf8");
  const deadline = Date.now() + startMs;
  for (;;) {
    const answer = failure === undefined && (await ready(readLog()));
    if (answer) return { answer, pid: child.pid, stop };
    if (options.signal?.aborted) failure ??= "interrupted";
    if (Date.now() > deadline) failure ??= `no answer after ${startMs / 1000} s`;
    if (failure !== undefined) {
      await stop();
      const lastWords = readLog().trim().split("\n").slice(-5).join("\n");
      throw new Error(`did not start: ${failure}`, { cause: lastWords });
    }
    await sleep(50);
  }
}

/** Where Linux's setpriv is at hand, a server gets its signal even when this process is killed outright. */
function endingWithUs(signal) {
  const setpriv = findProgram("setpriv");
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", signal, "--"];
}

async function stopServer(child, exited, signal) {
  if (!running.has(child)) return;
  child.kill(signal);
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** A port below the range from which systems take the ports of outgoing connections. */
export async function freePort() {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await canListen(port)) return port;
  }
  throw new Error("no free port between 10000 and 30000 on 127.0.0.1");
}

function canListen(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}
