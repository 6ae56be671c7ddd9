import { circuitBreaker } from "@palimpsest/resilience";
import OpossumBreaker from "opossum";
import { median } from "../report.ts";

const successes = 200_000;
const failures = 101;

/** Milliseconds of one failure through a breaker that has seen many successes lately. */
export async function failureAfterSuccesses(): Promise<{
  readonly ours: number;
  readonly opossum: number;
}> {
  const policy = circuitBreaker();
  const breaker = new OpossumBreaker((work: () => Promise<number>) => work());
  const figures = {
    ours: await failure((work) => policy.execute(work)),
    opossum: await failure((work) => breaker.fire(work)),
  };
  breaker.shutdown();
  return figures;
}

async function failure(call: (work: () => Promise<number>) => Promise<unknown>): Promise<number> {
  for (let index = 0; index < successes; index++) await call(async () => 1);
  const down = Object.assign(new Error("HTTP 500"), { statusCode: 500 });
  const times: number[] = [];
  for (let index = 0; index < failures; index++) {
    const start = performance.now();
    await call(() => Promise.reject(down)).catch(() => {});
    times.push(performance.now() - start);
  }
  return median(times);
}
