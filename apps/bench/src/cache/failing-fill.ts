import { setTimeout as delay } from "node:timers/promises";
import { libraries, libraryNames } from "./libraries.ts";

const waiters = 1_000;
const fillMs = 5;

export interface FailingFigures {
  readonly calls: number;
  /** How many waiters got the original error. */
  readonly rejections: number;
  readonly ms: number;
}

/** 1,000 who ask at once for a value whose fill fails. */
export async function failingFill(): Promise<Record<string, FailingFigures>> {
  const figures: Record<string, FailingFigures> = {};
  for (const name of libraryNames) {
    const cache = await libraries[name]();
    const error = new Error("the provider is down");
    let calls = 0;
    const fill = async (): Promise<never> => {
      calls++;
      await delay(fillMs);
      throw error;
    };
    const started = performance.now();
    const outcomes = await Promise.allSettled(
      Array.from({ length: waiters }, async () => cache.getOrSet("failing", fill)),
    );
    const ms = Math.round(performance.now() - started);
    const rejections = outcomes.filter(
      (outcome) => outcome.status === "rejected" && isOrHolds(outcome.reason, error),
    ).length;
    figures[name] = { calls, rejections, ms };
    await cache.close();
  }
  return figures;
}

/** Some wrap it. */
function isOrHolds(reason: unknown, error: Error): boolean {
  return reason === error || (reason instanceof Error && reason.cause === error);
}
