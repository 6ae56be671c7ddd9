import { generateText, type LanguageModel, streamText } from "ai";
import type { Query } from "./queries.ts";
import { answerTo } from "./simulated-model.ts";

/** What the users saw. Durations are milliseconds. */
export interface Replay {
  /** Of queries that nobody had asked before. */
  readonly fresh: readonly number[];
  /** Of queries whose answer was complete before they were asked. */
  readonly repeated: readonly number[];
  /** Failed, or answered with anything but the tenant's own answer. */
  readonly errors: number;
  readonly duration: number;
}

/** Asks the queries in order, several at a time. */
export async function replay(
  queries: readonly Query[],
  modelOf: (tenant: string) => LanguageModel,
  concurrency: number,
): Promise<Replay> {
  const waiting = queries.values();
  const states = new Map<string, "asked" | "answered">();
  const fresh: number[] = [];
  const repeated: number[] = [];
  let errors = 0;

  const ask = async (query: Query): Promise<void> => {
    const name = `${query.tenant} ${query.question}`;
    const before = states.get(name);
    if (before === undefined) states.set(name, "asked");
    const started = performance.now();
    const answer = await answerOf(modelOf(query.tenant), query);
    const took = performance.now() - started;
    if (answer !== answerTo(query.tenant, query.question)) errors += 1;
    if (before === undefined) fresh.push(took);
    if (before === "answered") repeated.push(took);
    states.set(name, "answered");
  };
  const work = async (): Promise<void> => {
    for (const query of waiting) await ask(query);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, work));
  return { fresh, repeated, errors, duration: performance.now() - started };
}

/** @returns undefined for a call that failed, which the caller counts */
async function answerOf(model: LanguageModel, query: Query): Promise<string | undefined> {
  const call = { model, prompt: query.question, temperature: 0, maxRetries: 0 };
  try {
    if (!query.isStream) return (await generateText(call)).text;
    return await streamText(call).text;
  } catch (error) {
    console.error(`a query failed: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}
