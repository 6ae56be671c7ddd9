import type { OutageFigures } from "./cache-child.ts";
import { Child } from "./child.ts";
import { type LibraryName, libraryNames } from "./libraries.ts";
import { freePort, type RedisServer } from "./redis-server.ts";

const processes = 4;

/** Calls of the fill when 4 processes miss one key 250 times each, by library. */
export async function callsAcrossProcesses(redis: RedisServer): Promise<Record<string, number>> {
  const calls: Record<string, number> = {};
  for (const name of libraryNames) {
    await redis.empty();
    calls[name] = await fleet(name, redis.url, 500, async (children) => {
      await Promise.all(children.map((child) => child.end()));
      return children;
    });
  }
  return calls;
}

/** The same, but whoever fills is killed in the middle. Ours only: the others have no turns. */
export async function callsWithHolderKilled(redis: RedisServer): Promise<number> {
  await redis.empty();
  return fleet("palimpsest", redis.url, 3_000, async (children) => {
    const holder = await Promise.race(
      children.map(async (child) => {
        await child.said("fill");
        return child;
      }),
    );
    await holder.kill();
    await Promise.all(children.map((child) => child.end()));
    return children.filter((child) => child !== holder);
  });
}

/** @param run - gives the processes that were to live */
async function fleet(
  name: LibraryName,
  url: string,
  fillMs: number,
  run: (children: readonly Child[]) => Promise<readonly Child[]>,
): Promise<number> {
  await using children = new AsyncDisposableStack();
  const all = Array.from({ length: processes }, () =>
    children.use(new Child(name, "misses", url, fillMs)),
  );
  await Promise.all(all.map((child) => child.said("ready")));
  for (const child of all) child.go();
  const survivors = await run(all);
  if (!survivors.every((child) => child.lines.includes("done"))) {
    throw new Error(`a process of ${name} died in the probe of misses`);
  }
  return all.reduce((sum, child) => sum + child.fills, 0);
}

/** Cold and hot keys while the server is stopped. */
export async function stalledRedis(redis: RedisServer): Promise<Record<string, OutageFigures>> {
  await redis.empty();
  const figures: Record<string, OutageFigures> = {};
  for (const name of libraryNames) {
    await using child = new Child(name, "outage", redis.url, 0);
    await child.said("ready");
    redis.stall();
    child.go();
    const lines = await child.end();
    redis.resume();
    figures[name] = parse(lines);
  }
  return figures;
}

/** The same where no server ever was. */
export async function refusedRedis(): Promise<Record<string, OutageFigures>> {
  const url = `redis://127.0.0.1:${await freePort()}`;
  const figures: Record<string, OutageFigures> = {};
  for (const name of libraryNames) {
    await using child = new Child(name, "outage", url, 0);
    await child.said("ready");
    child.go();
    figures[name] = parse(await child.end());
  }
  return figures;
}

/** A process that died of the outage answered nobody. */
function parse(lines: readonly string[]): OutageFigures {
  const line = lines.find((each) => each.startsWith("{"));
  if (line === undefined) return { coldMs: 4_000, laterMs: 4_000, hotMs: 4_000 };
  return JSON.parse(line) as OutageFigures;
}
