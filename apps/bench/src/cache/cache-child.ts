import { setTimeout as delay } from "node:timers/promises";
import { libraries, type LibraryName } from "./libraries.ts";

export type Probe = "misses" | "outage";

/** Longer is for ever. */
const patience = 4_000;

/** One process of a probe. Says "ready", waits for a line, does its part, says what came of it, ends. */
export async function runChild([name, probe, url, fillMs]: readonly string[]): Promise<never> {
  const cache = await libraries[name as LibraryName](url);
  const getOrSet = async (key: string, fill: () => Promise<unknown>): Promise<unknown> =>
    cache.getOrSet(key, fill);
  const fill = async (): Promise<string> => {
    say("fill");
    await delay(Number(fillMs));
    return "answer";
  };
  // What is not reachable from the start is part of a probe.
  await Promise.race([getOrSet("hot", async () => "hot"), delay(patience)]);
  await delay(300);
  await Promise.race([getOrSet("hot", async () => "hot"), delay(patience)]);
  say("ready");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  if (probe === "misses") {
    await Promise.all(Array.from({ length: 250 }, () => getOrSet("cold", fill)));
    say("done");
  } else {
    say(JSON.stringify(await outage(getOrSet)));
  }
  process.exit(0);
}

export interface OutageFigures {
  /** Of the first three cold keys the slowest, in milliseconds beyond the fill. */
  readonly coldMs: number;
  /** Of ten cold keys after those the slowest. */
  readonly laterMs: number;
  /** Of a hundred hits the slowest. */
  readonly hotMs: number;
}

async function outage(
  getOrSet: (key: string, fill: () => Promise<unknown>) => Promise<unknown>,
): Promise<OutageFigures> {
  const slowest = async (keys: readonly string[]): Promise<number> => {
    let worst = 0;
    for (const key of keys) {
      let filled = 0;
      const fill = async (): Promise<string> => {
        const started = performance.now();
        await delay(20);
        filled = performance.now() - started;
        return "answer";
      };
      const started = performance.now();
      await Promise.race([getOrSet(key, fill), delay(patience)]);
      worst = Math.max(worst, performance.now() - started - filled);
      // Who waits for ever would do so for each key.
      if (worst > patience / 2) break;
    }
    return Math.round(worst * 100) / 100;
  };
  const hotMs = await slowest(Array.from({ length: 100 }, () => "hot"));
  const coldMs = await slowest(["cold 1", "cold 2", "cold 3"]);
  const laterMs = await slowest(Array.from({ length: 10 }, (_, i) => `later ${i}`));
  return { coldMs, laterMs, hotMs };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
