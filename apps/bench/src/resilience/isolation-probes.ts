import { setTimeout as sleep } from "node:timers/promises";
import { bulkhead, pipeline, timeout } from "@palimpsest/resilience";
import {
  bulkhead as cockatielBulkhead,
  timeout as cockatielTimeout,
  TimeoutStrategy,
  wrap,
} from "cockatiel";
import OpossumBreaker from "opossum";

const innocents = 10;
const limit = 5;

/** How many of ten calls are aborted because another one times out. */
export async function innocentsAborted(): Promise<{
  readonly ours: number;
  readonly opossum: number;
}> {
  const policy = timeout({ total: 100 });
  const ours = await besideSlowCall((ms) =>
    policy.execute(({ signal }) => sleep(ms, undefined, { signal })),
  );
  const abortController = new AbortController();
  const breaker = new OpossumBreaker(
    (ms: number) => sleep(ms, undefined, { signal: abortController.signal }),
    { timeout: 100, abortController },
  );
  const opossum = await besideSlowCall((ms) => breaker.fire(ms));
  breaker.shutdown();
  return { ours, opossum };
}

async function besideSlowCall(call: (ms: number) => Promise<unknown>): Promise<number> {
  const slow = Promise.allSettled([call(1_000)]);
  await sleep(50);
  const others = await Promise.allSettled(Array.from({ length: innocents }, () => call(70)));
  await slow;
  return others.filter(({ status }) => status === "rejected").length;
}

/** How many calls really run at once where five may, when each times out and goes on. */
export async function mostConcurrent(): Promise<{
  readonly ours: number;
  readonly opossum: number;
  readonly cockatiel: number;
  readonly limit: number;
}> {
  const policy = pipeline({
    bulkhead: bulkhead({ limit, maxWait: 15 }),
    timeout: timeout({ total: 20 }),
  });
  const breaker = new OpossumBreaker((work: () => Promise<void>) => work(), {
    timeout: 20,
    capacity: limit,
    volumeThreshold: 1_000,
  });
  const peer = wrap(
    cockatielBulkhead(limit, 100),
    cockatielTimeout(20, TimeoutStrategy.Aggressive),
  );
  const figures = {
    ours: await waves((work) => policy.execute(work)),
    opossum: await waves((work) => breaker.fire(work)),
    cockatiel: await waves((work) => peer.execute(work)),
    limit,
  };
  breaker.shutdown();
  return figures;
}

/** Ten waves of five calls that are deaf to their signal and take 400 ms. */
async function waves(call: (work: () => Promise<void>) => Promise<unknown>): Promise<number> {
  let running = 0;
  let most = 0;
  const deaf = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await sleep(400);
    running -= 1;
  };
  for (let wave = 0; wave < 10; wave++) {
    await Promise.allSettled(Array.from({ length: limit }, () => call(deaf)));
  }
  await sleep(400);
  return most;
}
