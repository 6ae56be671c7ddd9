import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { throwIfAborted } from "@palimpsest/core";
import { VirtualTime } from "@palimpsest/core/faults";
import { checkFinalState } from "./final-state.ts";
import { History, type HistoryEvent } from "./history.ts";
import { type KillOrder, killOrder } from "./kill-order.ts";
import type { Outcome } from "./outcome.ts";
import { openWorld } from "./worlds.ts";

/** The child runs from its TypeScript source where this module does, else from the built file. */
const fromSource = import.meta.url.endsWith(".ts");
const childFile = join(import.meta.dirname, fromSource ? "killed-child.ts" : "killed-child.mjs");
const flags = fromSource ? ["--conditions=@palimpsest/source"] : [];
const dayMs = 86_400_000;

/** One schedule in a process that dies by SIGKILL; what it had been promised is checked here. */
export async function runKilled(
  seed: number,
  folder: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const path = join(folder, `killed-${seed}.db`);
  const order = killOrder(seed, path);
  const history = new History();
  await runUntilKilled(order, history, join(folder, "compiled"), signal);
  // Whatever the dead process had leased or put off is due again.
  const time = new VirtualTime(new VirtualTime().now() + dayMs);
  const { pair } = order;
  const world = await openWorld({ pair, clock: time, path, transactions: true });
  try {
    await checkFinalState({ world, time, history, leftToRepair: "anything" });
    const { problems, acknowledged, unacknowledged } = history;
    return {
      seed,
      pair,
      killed: true,
      problems,
      acknowledged,
      unacknowledged,
      faults: [],
      steps: [],
      crashes: 1,
    };
  } finally {
    await world.dispose();
  }
}

async function runUntilKilled(
  order: KillOrder,
  history: History,
  compileCache: string,
  stop: AbortSignal,
): Promise<void> {
  throwIfAborted(stop);
  const child = spawn(process.execPath, [...flags, childFile, JSON.stringify(order)], {
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const kill = (): void => void child.kill("SIGKILL");
  stop.addEventListener("abort", kill, { once: true });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  let events = 0;
  for await (const line of createInterface(child.stdout)) {
    history.apply(JSON.parse(line) as HistoryEvent);
    if (++events === order.events) kill();
  }
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  stop.removeEventListener("abort", kill);
  throwIfAborted(stop);
  if (signal !== "SIGKILL") {
    history.report("unexpected", `the process ended with ${signal ?? code} by itself: ${errors}`);
  }
}
